#!/usr/bin/env bash
# Prints the names of the stacks in stacks/, as one line of JSON. The template and the sandbox's own
# stacks (demo-…, sample-…) are left out.
#
# Usage: list-stacks.sh
set -euo pipefail
cd "$(dirname "$0")/../.."
shopt -s nullglob

names=()
for file in stacks/Pulumi.*.yaml; do
    name=${file#stacks/Pulumi.}
    name=${name%.yaml}
    case $name in
        template | demo-* | sample-*) continue ;;
    esac
    if [[ ! $name =~ ^[A-Za-z0-9_.-]{1,100}$ ]]; then
        printf 'error: %q is no name of a stack. Use letters, digits, "-", "_" and ".".\n' "$file" >&2
        exit 1
    fi
    names+=("$name")
done
jq --null-input --compact-output '$ARGS.positional' --args "${names[@]}"
