#!/usr/bin/env bash
# Prints the names of the stacks in stacks/, as one line of JSON. Left out are the template, the
# sandbox's own stacks (demo-…, sample-…), and stacks with `mode: delegation`: these act as the
# management account, and are deployed by hand.
#
# Usage: list-stacks.sh
set -euo pipefail
export LC_ALL=C # letters are those of ASCII
cd "$(dirname "$0")/../.."
shopt -s nullglob

names=()
for file in stacks/Pulumi.*.yaml; do
    name=${file#stacks/Pulumi.}
    name=${name%.yaml}
    case $name in
        template | demo-* | sample-*) continue ;;
    esac
    if [[ ! $name =~ ^[A-Za-z0-9_][A-Za-z0-9_.-]{0,99}$ ]]; then
        printf 'error: %q is no name of a stack. Use letters, digits, "_", "-" and "."; the'\
' first is none of the last two.\n' "$file" >&2
        exit 1
    fi
    if grep -Eq "^ +['\"]?([A-Za-z0-9_.-]+:)?mode['\"]?: *['\"]?delegation" "$file"; then
        echo "$name is left out: with mode: delegation it acts as the management account." >&2
        continue
    fi
    names+=("$name")
done
jq --null-input --compact-output '$ARGS.positional' --args "${names[@]}"
