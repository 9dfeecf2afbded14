#!/usr/bin/env bash
# Plans the merged files and applies that plan, if it is the one that was
# reviewed: the newest artifact of the pull request's last commit, made by a run
# of this very repository. Anyone who can push a branch can make such an
# artifact, so nothing of it is applied. It is only compared, in everything but
# the time when each plan was made.
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
jq -S 'del(.createdAt)' "$work/reviewed/plan.json" >"$work/reviewed.json"
jq -S 'del(.createdAt)' "$work/merged.json" >"$work/compared.json"
if ! diff "$work/reviewed.json" "$work/compared.json" >"$work/changes.diff"; then
	# Quoted: a line of it could be a command to the runner.
	sed 's/::/: :/g; s/##/# #/g; s/^/  /' "$work/changes.diff"
	fail "the plan of the merged files differs from the one that was reviewed; open a pull request that plans them again"
fi

code=0
"$eksaccess" apply --plan "$work/merged.json" --yes -o json >"$work/result.json" || code=$?
if [ -s "$work/result.json" ]; then
	"$eksaccess" show "$work/result.json" -o markdown >"$work/result.md"
	cat "$work/result.md" >>"$GITHUB_STEP_SUMMARY"
	post "$work/result.md"
	"$eksaccess" show "$work/result.json" -o github
fi
printf 'exit-code=%s\nchanges=false\n' "$code" >>"$GITHUB_OUTPUT"
exit "$code"
