#!/usr/bin/env bash
# Runs `pulumi up` on one stack as its plan says, and keeps its result in a folder, for
# `eks-audit-logs report`. Ends with the exit code of `pulumi up`.
#
# Usage: deploy-stack.sh STACK FOLDER-OF-PREVIEW FOLDER
#
# The first folder has the plan: `preview-stack.sh STACK FOLDER --save-plan=FOLDER/plan.json`. Without
# a plan, or if the stack's state has changed since, nothing is done. PULUMI_SECRETS_PROVIDER may name
# the secrets provider of a stack that the backend does not have yet.
set -uo pipefail
# A stack whose file does not say how its secrets are encrypted keeps the key of its state.
export PULUMI_FALLBACK_TO_STATE_SECRETS_MANAGER=true
stack=$1
mkdir -p "$2" "$3"
planned=$(cd "$2" && pwd)
folder=$(cd "$3" && pwd)
cd "$(dirname "$0")/../.." || exit 1
rm -f "$folder"/{report.json,engine.json,log.txt,exit-code,base,new-stack}
# What cancels the job does not end the writer of the log.
exec > >(trap '' INT TERM && exec tee "$folder/log.txt") 2>&1
log=$!

end() {
    exec >&- 2>&- # the log is whole once its writer has ended
    wait "$log"
    echo "$1" >"$folder/exit-code"
    exit "$1"
}

previewed=$(cat "$planned/exit-code" 2>/dev/null || echo none)
if [[ $previewed != 0 || ! -f $planned/plan.json ]]; then
    echo "error: $stack has no plan to follow (exit code of its preview: $previewed), so nothing is" \
        "changed. Put right what the report of the plans says, and run Deploy again."
    end 1
fi
base=$(.github/scripts/state-of-stack.sh "$stack") || end 1
if [[ $base != "$(cat "$planned/base")" ]]; then
    echo "error: the state of $stack is not the one that the plan was made for. Run all jobs again:" \
        "that makes a new plan."
    end 1
fi
if [[ $base == new ]]; then
    pulumi stack init --stack "$stack" --non-interactive --no-select \
        --secrets-provider "${PULUMI_SECRETS_PROVIDER:-default}" || end 1
fi

export GUARDDUTY_EKS_AUDIT_LOGS_REPORT="$folder/report.json"
set -m # a process group of its own: what is sent to the shell's does not reach the engine twice
pulumi up --yes --stack "$stack" --non-interactive --color never --plan "$planned/plan.json" \
    </dev/null &
run=$!
set +m

# A cancelled job gives its shell SIGINT, SIGTERM or both. The engine gets one SIGINT, ends as after
# Ctrl-C, and removes its lock; by a second one it would end at once.
trap 'trap "" INT TERM; kill -INT "$run"' INT TERM
while kill -0 "$run" 2>/dev/null; do
    wait "$run" # a signal ends it early
done
wait "$run"
end $?
