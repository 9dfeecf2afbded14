#!/usr/bin/env bash
# Validates and plans, shows the plan at the lines of the files, in the summary
# of the job and in a comment, and keeps it for apply.sh.
set -euo pipefail
. "$(dirname "$0")/common.sh"

"$eksaccess" validate "${files[@]}"

code=0
"$eksaccess" plan "${files[@]}" "${flags[@]}" --detailed-exitcode --save "$work/plan.json" -o github || code=$?
changes=false
if [ -f "$work/plan.json" ]; then
	"$eksaccess" show "$work/plan.json" -o markdown >"$work/plan.md"
	cat "$work/plan.md" >>"$GITHUB_STEP_SUMMARY"
	post "$work/plan.md"
	[ "$code" != 2 ] || changes=true
	printf 'plan=%s\nartifact=%s\n' "$work/plan.json" "$artifact" >>"$GITHUB_OUTPUT"
fi
printf 'exit-code=%s\nchanges=%s\n' "$code" "$changes" >>"$GITHUB_OUTPUT"

case $code in
0) ;;
2) [ "$FAIL_ON_DRIFT" != true ] || fail "access has drifted from the files, see the plan" ;;
*) exit "$code" ;;
esac
