#!/usr/bin/env bash
# Writes the one note of a GitLab merge request, or edits it. Its first line is the marker by which
# it is found, together with its author.
#
# Usage: write-note.sh FILE      (needs GITLAB_TOKEN and the variables of a merge request's pipeline)
set -euo pipefail
notes="$CI_API_V4_URL/projects/$CI_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"

call() {
    curl --silent --show-error --fail-with-body --config - "$@" <<<"header = \"PRIVATE-TOKEN: $GITLAB_TOKEN\""
}

me=$(call "$CI_API_V4_URL/user" | jq .id)
marker=$(head -n 1 "$1")
id=
page=1
while [[ $page && ! $id ]]; do
    headers=$(mktemp)
    id=$(call --dump-header "$headers" "$notes?sort=asc&per_page=100&page=$page" |
        jq --argjson me "$me" --arg marker "$marker" \
            'map(select(.author.id == $me and (.body | startswith($marker))))[0].id // empty')
    page=$(sed -n 's/^x-next-page: *\([0-9]*\).*/\1/Ip' "$headers")
    rm "$headers"
done
if [[ $id ]]; then
    call --request PUT --data-urlencode "body@$1" "$notes/$id" | jq .id
else
    call --request POST --data-urlencode "body@$1" "$notes" | jq .id
fi
