#!/usr/bin/env bash
# Keeps the one open issue of drift: opens it, brings it up to date, or closes it. The first line of
# its text is the marker by which it is found, together with its author.
#
# Usage: write-issue.sh CODE FILE      (needs GH_TOKEN and GITHUB_REPOSITORY)
#
# CODE is the exit code of `eks-audit-logs report drift`. Only 0 closes the issue: every stack was
# read, and nothing differs.
set -euo pipefail
title='EKS audit log monitoring differs from its stacks'
author='github-actions[bot]' # who GITHUB_TOKEN writes as
issues="repos/$GITHUB_REPOSITORY/issues"

AUTHOR=$author MARKER=$(head -n 1 "$2")
export AUTHOR MARKER
numbers=$(gh api --paginate "$issues?state=open&per_page=100" --jq '.[]
    | select(.pull_request == null and .user.login == env.AUTHOR)
    | select((.body // "") | startswith(env.MARKER)) | .number')
number=${numbers%%$'\n'*}
if [[ $1 == 0 && ! $number ]]; then
    echo "Nothing differs, and no issue is open."
elif [[ $1 == 0 ]]; then
    gh api --method PATCH "$issues/$number" -F "body=@$2" -f state=closed --jq .html_url
elif [[ $number ]]; then
    gh api --method PATCH "$issues/$number" -F "body=@$2" --jq .html_url
else
    gh api --method POST "$issues" -f "title=$title" -F "body=@$2" --jq .html_url
fi
