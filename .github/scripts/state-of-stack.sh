#!/usr/bin/env bash
# Prints a hash of a stack's state, or `new` if the backend does not have the stack. Fails if the
# backend can't be read.
#
# Usage: state-of-stack.sh STACK
set -euo pipefail
cd "$(dirname "$0")/../.."

stacks=$(pulumi stack ls --json --non-interactive)
if jq --exit-status --arg stack "$1" \
    'any(.[].name; . == $stack or endswith("/" + $stack))' <<<"$stacks" >/dev/null; then
    pulumi stack export --stack "$1" --non-interactive | sha256sum | cut -d ' ' -f 1
else
    echo new
fi
