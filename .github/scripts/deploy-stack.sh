#!/usr/bin/env bash
# Runs `pulumi up` on one stack as its plan says, and keeps its result in a folder, for
# `eks-audit-logs report`. Ends with the exit code of `pulumi up`.
#
# Usage: deploy-stack.sh STACK FOLDER-OF-PREVIEW FOLDER
#
# The first folder has the plan: `preview-stack.sh STACK FOLDER --save-plan=FOLDER/plan.json`. Without
# a plan, or if the stack's state has changed since, nothing is done. PULUMI_SECRETS_PROVIDER may name the secrets provider of
# a stack that the backend does not have yet.
set -uo pipefail
# A stack whose file does not say how its secrets are encrypted keeps the key of its state.
export PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true
stack=$1
mkdir -p "$3"
planned=$(cd "$2" && pwd) || exit 1
folder=$(cd "$3" && pwd)
cd "$(dirname "$0")/../.." || exit 1
rm -f "$folder"/{report.json,engine.json,log.txt,exit-code,base,new-stack}
touch "$folder/log.txt"

log() {
    tee -a "$folder/log.txt"
}

end() {
    echo "$1" >"$folder/exit-code"
    exit "$1"
}

previewed=$(cat "$planned/exit-code" 2>/dev/null || echo none)
if [[ $previewed != 0 || ! -f $planned/plan.json ]]; then
    echo "error: $stack has no plan to follow (exit code of its preview: $previewed), so nothing is" \
        "changed. Put right what the report of the plans says, and run Deploy again." | log
    end 1
fi
if ! base=$(.github/scripts/state-of-stack.sh "$stack" 2> >(log >&2)); then
    end 1
fi
if [[ $base != "$(cat "$planned/base")" ]]; then
    echo "error: the state of $stack is not the one that the plan was made for. Run all jobs again:" \
        "that makes a new plan." | log
    end 1
fi
if [[ $base == new ]]; then
    provider=${PULUMI_SECRETS_PROVIDER:-default}
    if ! pulumi stack init --stack "$stack" --non-interactive --no-select \
        --secrets-provider "$provider" > >(log) 2>&1; then
        end 1
    fi
fi

export GUARDDUTY_EKS_AUDIT_LOGS_REPORT="$folder/report.json"
pulumi up --yes --stack "$stack" --non-interactive --color never --plan "$planned/plan.json" \
    > >(log) 2>&1 &
run=$!
# A cancelled job ends its shell alone. The engine is to end as after Ctrl-C, and to remove its lock.
trap 'kill -INT "$run" 2>/dev/null' INT
trap '' TERM
while true; do
    wait "$run"
    code=$?
    kill -0 "$run" 2>/dev/null || break
done
end "$code"
