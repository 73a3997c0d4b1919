#!/usr/bin/env bash
# Runs a command for each stack, four at a time: once all have ended, fails if one of them did. For a
# CI without a matrix of jobs.
#
# Usage: each-stack.sh COMMAND [WORD]…      STACK in a word stands for the stack's name.
set -euo pipefail
stacks=$("$(dirname "$0")/list-stacks.sh")
jq --raw-output '.[]' <<<"$stacks" | xargs -P 4 -I STACK \
    bash -c '"$@" || exit 1' bash "$@" # xargs begins no more after an exit code of 255
