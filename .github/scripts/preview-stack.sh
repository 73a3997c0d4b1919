#!/usr/bin/env bash
# Previews one stack and keeps its result in a folder, for `eks-audit-logs report`. Ends with the exit
# code of `pulumi preview`.
#
# Usage: preview-stack.sh STACK FOLDER [OPTION OF PULUMI PREVIEW]…
#
# A stack that the backend does not have yet is previewed in an empty backend, which is thrown away.
#   report.json  the run report            engine.json  what the engine prints with --json
#   log.txt      what it prints besides    exit-code    written last; missing if the preview broke off
#   base         a hash of the stack's state, or `new`    new-stack    is there for a new stack
set -uo pipefail
# A stack whose file does not say how its secrets are encrypted keeps the key of its state.
export PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true
stack=$1
mkdir -p "$2"
folder=$(cd "$2" && pwd)
shift 2
cd "$(dirname "$0")/../.." || exit 1
rm -f "$folder"/{report.json,engine.json,log.txt,exit-code,base,new-stack}

log() {
    tee -a "$folder/log.txt" >&2
}

end() {
    echo "$1" >"$folder/exit-code"
    exit "$1"
}

if ! base=$(.github/scripts/state-of-stack.sh "$stack" 2>"$folder/log.txt"); then
    cat "$folder/log.txt" >&2
    end 1
fi
echo "$base" >"$folder/base"
if [[ $base == new ]]; then
    touch "$folder/new-stack"
    thrown_away=$(mktemp -d)
    trap 'rm -rf "$thrown_away"' EXIT
    export PULUMI_BACKEND_URL="file://$thrown_away"
    export PULUMI_CONFIG_PASSPHRASE=${PULUMI_CONFIG_PASSPHRASE-}
    if ! pulumi stack init --stack "$stack" --non-interactive --no-select 2>&1 | log; then
        end 1
    fi
fi

export GUARDDUTY_EKS_AUDIT_LOGS_REPORT="$folder/report.json"
pulumi preview --stack "$stack" --non-interactive --color never --json "$@" \
    2>&1 >"$folder/engine.json" | log
end "${PIPESTATUS[0]}"
