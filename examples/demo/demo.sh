#!/bin/sh
# Plans and applies examples/clusters.yaml on a simulated AWS on loopback.
# Run it with "make demo", which builds bin/eksaccess and bin/ekssim first.
set -eu
cd "$(dirname "$0")/../.."

tmp=$(mktemp -d)
bin/ekssim -seed examples/demo/world.yaml -url-file "$tmp/url" >/dev/null &
sim=$!
trap 'kill "$sim" 2>/dev/null || true; wait "$sim" 2>/dev/null || true; rm -rf "$tmp"' EXIT INT TERM
tries=0
while [ ! -s "$tmp/url" ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || { echo "the simulator did not start" >&2; exit 1; }
	sleep 0.1
done

# Only these reach the program: no file or variable of this machine's AWS does.
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL_EKS AWS_ENDPOINT_URL_STS AWS_ENDPOINT_URL_IAM AWS_IGNORE_CONFIGURED_ENDPOINT_URLS 2>/dev/null || true
export AWS_ENDPOINT_URL="$(cat "$tmp/url")" AWS_ACCESS_KEY_ID=AKIADEMO AWS_SECRET_ACCESS_KEY=simulated \
	AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE="$tmp/none" AWS_SHARED_CREDENTIALS_FILE="$tmp/none" \
	XDG_STATE_HOME="$tmp/state" KUBECONFIG="$tmp/kubeconfig" PATH="$PWD/bin:$PATH" # for what these runs keep

say() {
	echo
	printf '# %s\n' "$@"
}
# run prints a command and runs it; $1 is the exit code it should end with.
run() {
	want=$1
	shift
	printf '\n$ eksaccess %s\n\n' "$*"
	code=0
	bin/eksaccess "$@" || code=$?
	if [ "$code" -ne "$want" ]; then
		printf '\nthe demo expected exit code %s and got %s\n' "$want" "$code" >&2
		exit 1
	fi
}

say 'Three clusters in two accounts, and one file that says who may get in:'
grep -v '^#' examples/clusters.yaml

say 'dev is as the file says. In prod somebody was made admin by hand, and developers' \
	'may edit every namespace in place of their own. staging still reads aws-auth only.'
run 2 plan -f examples/clusters.yaml --detailed-exitcode

say 'Exit code 2: there are differences, which is how CI notices drift.' \
	'Now apply it. What is gained comes first; what is lost goes only when that was read back.'
run 0 apply -f examples/clusters.yaml --yes

say 'Planned again, there is nothing left to change. The admin nobody declared is still named,' \
	'and so is the one EKS itself added for the creator of staging at its switch: what this file' \
	'did not add, it does not remove unless it is told to.'
run 2 plan -f examples/clusters.yaml --detailed-exitcode

say 'So say it: the contractor must not have access, whoever granted it.'
{
	cat examples/clusters.yaml
	printf '    absent:\n      - arn:aws:iam::444455556666:role/contractors/*\n'
} >"$tmp/clusters.yaml"
tail -n 5 "$tmp/clusters.yaml"
run 0 apply -f "$tmp/clusters.yaml" --cluster prod --yes

say 'And a file that would lock everybody out of prod is refused, exit code 3:'
cat >"$tmp/lockout.yaml" <<'YAML'
apiVersion: eksaccess/v1
defaults: {assumeRole: "arn:aws:iam::${account}:role/eksaccess"}
absent: ["arn:aws:iam::444455556666:role/*"]
clusters: ["arn:aws:eks:eu-west-1:444455556666:cluster/prod"]
YAML
run 3 apply -f "$tmp/lockout.yaml" --yes

say 'Three in the morning: the role on call has no entry in dev, and kubectl says Unauthorized.' \
	'One command, run by whoever is locked out, gets it in and has the cluster itself say so.'
AWS_ACCESS_KEY_ID=AKIAONCALL
run 0 recover --cluster dev --region eu-west-1 --expires 4h --reason INC-4711 --yes

say 'It is held: the file, applied in the middle of the emergency, does not take it back.' \
	'When its time is over, "eksaccess cleanup --expired" does.'
AWS_ACCESS_KEY_ID=AKIADEMO
run 0 apply -f examples/clusters.yaml --cluster dev --yes

say 'Last, what is wrong with access in this fleet? Rules say so, with the fix; what they could' \
	'not look at is told too. In CI, --fail-on high would end with exit code 2.'
run 0 audit -f "$tmp/clusters.yaml"

say 'And who is admin where? EKS is asked for just that; --kube would ask what groups are bound to.'
run 0 who -f "$tmp/clusters.yaml" --admins-only

say 'Both as pages to show, one file each, which need no network:'
pages=$(mktemp -d "${TMPDIR:-/tmp}/eksaccess-demo.XXXXXX")
for page in who audit; do
	printf '\n$ eksaccess %s -f clusters.yaml -o html > %s/%s.html\n' "$page" "$pages" "$page"
	bin/eksaccess "$page" -f "$tmp/clusters.yaml" -o html --quiet >"$pages/$page.html"
	grep -q '</html>' "$pages/$page.html"
done
printf '\nOpen %s/who.html and %s/audit.html in a browser.\n' "$pages" "$pages"

say 'That was the simulator. For your own clusters, go on with "First use" in README.md.'
