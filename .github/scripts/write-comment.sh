#!/usr/bin/env bash
# Writes the one comment of a pull request, or edits it. Its first line is the marker by which it is
# found, together with its author. Writes nothing if the pull request has a newer commit.
#
# Usage: write-comment.sh PULL-REQUEST COMMIT FILE      (needs GH_TOKEN and GITHUB_REPOSITORY)
set -euo pipefail
author='github-actions[bot]' # who GITHUB_TOKEN writes as
issues="repos/$GITHUB_REPOSITORY/issues"

newest=$(gh api "repos/$GITHUB_REPOSITORY/pulls/$1" --jq .head.sha)
if [[ $newest != "$2" ]]; then
    echo "The pull request has a newer commit, $newest: its own run writes the comment."
    exit 0
fi
AUTHOR=$author MARKER=$(head -n 1 "$3")
export AUTHOR MARKER
ids=$(gh api --paginate "$issues/$1/comments?per_page=100" \
    --jq '.[] | select(.user.login == env.AUTHOR and (.body | startswith(env.MARKER))) | .id')
if [[ $ids ]]; then
    gh api --method PATCH "$issues/comments/${ids%%$'\n'*}" -F "body=@$3" --jq .html_url
else
    gh api --method POST "$issues/$1/comments" -F "body=@$3" --jq .html_url
fi
