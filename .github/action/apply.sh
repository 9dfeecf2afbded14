#!/usr/bin/env bash
# Applies the plan that the pull request kept, and nothing else: the newest
# artifact of its last commit, made by a run of this very repository. Whoever
# can push a branch can make such an artifact, so it is taken only if planning
# the merged files anew leads to the same changes.
set -euo pipefail
. "$(dirname "$0")/common.sh"

run=$(gh api --paginate "repos/$GITHUB_REPOSITORY/actions/artifacts?name=$artifact" --jq '.artifacts[] |
	select(.expired == false and .workflow_run.head_sha == "'"$HEAD_SHA"'" and .workflow_run.head_repository_id == .workflow_run.repository_id) |
	"\(.created_at) \(.workflow_run.id)"' | sort | tail -n 1 | cut -d' ' -f2)
[ -n "$run" ] || fail "no plan was kept for commit $HEAD_SHA (artifact $artifact); run the action with command plan on the pull request"
rm -rf "$work/reviewed"
gh run download "$run" --repo "$GITHUB_REPOSITORY" --name "$artifact" --dir "$work/reviewed"

code=0
"$eksaccess" plan "${files[@]}" "${flags[@]}" --save "$work/merged.json" -o text >"$work/merged.txt" || code=$?
[ -f "$work/merged.json" ] || { cat "$work/merged.txt"; exit "$code"; }
changes='[.clusters[] | {arn, authenticationMode, changes}]'
if ! diff <(jq -S "$changes" "$work/reviewed/plan.json") <(jq -S "$changes" "$work/merged.json") >"$work/changes.diff"; then
	cat "$work/changes.diff"
	fail "planning the merged files leads to other changes than those that were reviewed; open a pull request that plans them anew"
fi

code=0
"$eksaccess" apply --plan "$work/reviewed/plan.json" --yes -o json >"$work/result.json" || code=$?
if [ -s "$work/result.json" ]; then
	"$eksaccess" show "$work/result.json" -o markdown >"$work/result.md"
	cat "$work/result.md" >>"$GITHUB_STEP_SUMMARY"
	post "$work/result.md"
	"$eksaccess" show "$work/result.json" -o github
fi
printf 'exit-code=%s\nchanges=false\n' "$code" >>"$GITHUB_OUTPUT"
exit "$code"
