#!/usr/bin/env bash
# Runs `pulumi up` on one stack as its plan says, and keeps its result in a folder, for
# `eks-audit-logs report`. Ends with the exit code of `pulumi up`.
#
# Usage: deploy-stack.sh STACK FOLDER-OF-PREVIEW FOLDER
#
# The first folder has the plan: `preview-stack.sh STACK FOLDER --save-plan=FOLDER/plan.json`. A plan
# whose stack has changed since is refused. PULUMI_SECRETS_PROVIDER may name the secrets provider of
# a stack that the backend does not have yet.
set -uo pipefail
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
pulumi up --yes --stack "$stack" --non-interactive --color never --plan "$planned/plan.json" 2>&1 | log
end "${PIPESTATUS[0]}"
