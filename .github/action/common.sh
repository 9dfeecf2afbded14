# Read by plan.sh and apply.sh. Inputs of the action come as variables, so that
# no text of a pull request is ever part of a script.

fail() {
	printf '::error title=eksaccess::%s\n' "$1"
	exit 1
}

[[ "$KEY" =~ ^[A-Za-z0-9._-]+$ ]] || fail "the input key takes letters, digits and . _ -"
eksaccess=${BINARY:-$RUNNER_TEMP/eksaccess-bin/eksaccess}
work=$RUNNER_TEMP/eksaccess/$KEY
artifact=eksaccess-plan-$KEY-$HEAD_SHA
mkdir -p "$work"

files=()
while IFS= read -r line; do
	[ -z "$line" ] || files+=(-f "$line")
done <<<"$FILES"
[ ${#files[@]} -gt 0 ] || fail "the input files names no file"
flags=()
while IFS= read -r line; do
	[ -z "$line" ] || flags+=("$line")
done <<<"${FLAGS:-}"

# post writes the file $1 into the one comment of this action and key.
post() {
	[ "$COMMENT" = true ] && [ -n "${PULL_REQUEST:-}" ] || return 0
	local marker="<!-- eksaccess $KEY -->" id
	{ printf '%s\n' "$marker"; cat "$1"; } >"$work/comment.md"
	id=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" \
		--jq ".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$marker\"))) | .id" | head -n 1)
	if [ -n "$id" ]; then
		gh api --silent -X PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id" -F "body=@$work/comment.md"
	else
		gh api --silent "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments" -F "body=@$work/comment.md"
	fi
}
