#!/usr/bin/env bash
# Prints a hash of a stack's state, or `new` if the backend does not have the stack. Fails if the
# backend or the state can't be read; the state of another stack does not matter.
#
# Usage: state-of-stack.sh STACK
set -euo pipefail
cd "$(dirname "$0")/../.."

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
if state=$(pulumi stack export --stack "$1" --non-interactive 2>"$errors"); then
    # The manifest has the time of the last run, also of one that changed nothing.
    hash=$(jq --sort-keys 'del(.deployment.manifest)' <<<"$state" | sha256sum)
    echo "${hash%% *}"
    exit
fi
stacks=$(pulumi stack ls --json --non-interactive)
is_there=$(jq --arg stack "$1" 'any(.[].name; . == $stack or endswith("/" + $stack))' <<<"$stacks")
if [[ $is_there != false ]]; then
    cat "$errors" >&2
    exit 1
fi
echo new
