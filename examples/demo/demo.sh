#!/bin/sh
# Shows the main commands on a simulated AWS that listens on loopback. Run it with
# "make demo", which builds the programs. BIN is the folder of the programs.
# The simulated clusters are in world.yaml; "ekssim demo" has more to try.
set -eu
bin=${BIN:-$PWD/bin}
cd "$(dirname "$0")"

tmp=$(mktemp -d)
cp ../clusters.yaml "$tmp/clusters.yaml"
"$bin/ekssim" -seed world.yaml -url-file "$tmp/url" >/dev/null &
sim=$!
trap 'kill "$sim" 2>/dev/null || true; wait "$sim" 2>/dev/null || true; rm -rf "$tmp"' EXIT INT TERM
cd "$tmp"
tries=0
while [ ! -s url ]; do
	tries=$((tries + 1))
	[ "$tries" -lt 100 ] || { echo "the simulator did not start" >&2; exit 1; }
	sleep 0.1
done

# The program uses only these settings, no AWS profile or kubeconfig of this user.
unset AWS_PROFILE AWS_SESSION_TOKEN AWS_ENDPOINT_URL_EKS AWS_ENDPOINT_URL_STS AWS_ENDPOINT_URL_IAM \
	AWS_IGNORE_CONFIGURED_ENDPOINT_URLS
AWS_ENDPOINT_URL=$(cat url)
export AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID=AKIADEMO AWS_SECRET_ACCESS_KEY=simulated AWS_REGION=eu-west-1 \
	AWS_EC2_METADATA_DISABLED=true AWS_CONFIG_FILE="$tmp/none" AWS_SHARED_CREDENTIALS_FILE="$tmp/none" \
	XDG_STATE_HOME="$tmp/state" KUBECONFIG="$tmp/kubeconfig" PATH="$bin:$PATH"

say() {
	echo
	printf '# %s\n' "$@"
}

# run CODE ARGUMENT... prints and runs a command that must end with CODE.
run() {
	want=$1
	shift
	printf '$ eksaccess %s\n' "$*"
	code=0
	"$bin/eksaccess" "$@" || code=$?
	if [ "$code" -ne "$want" ]; then
		echo "the demo expected exit code $want and got $code" >&2
		exit 1
	fi
}

say '1. A part of the file: cluster admins of all clusters, and access of one team'
sed -n '/^admins:/,/^clusters:/p' clusters.yaml | sed -e '/^$/d' -e '$d' -e 's/^/    /'

say '2. Compare the file with cluster prod. Exit code 2 means drift.'
run 2 plan -f clusters.yaml --cluster prod --detailed-exitcode

say '3. Add the lines that the plan suggests, and apply.'
printf '    absent: [arn:aws:iam::444455556666:role/contractors/deploy-tmp]\n' >>clusters.yaml
run 0 apply -f clusters.yaml --cluster prod --yes

say '4. Plan again. Exit code 0: the cluster matches the file.'
run 0 plan -f clusters.yaml --cluster prod --detailed-exitcode

say '5. A mistake: the cluster admins are deleted from the file. Guards refuse it.'
sed '/^admins:/,/^$/d' clusters.yaml >lockout.yaml
run 3 apply -f lockout.yaml --cluster prod --yes

say '6. An emergency: the role oncall has no access to dev. It recovers its access.'
export AWS_ACCESS_KEY_ID=AKIAONCALL
run 0 recover --cluster dev --region eu-west-1 --expires 4h --reason INC-4711 --yes

say '7. Who is cluster admin of dev and prod, and does the file declare it?'
export AWS_ACCESS_KEY_ID=AKIADEMO
run 0 who -f clusters.yaml --cluster dev --cluster prod --admins-only

say 'To try more: "bin/ekssim demo". For your own clusters: README.md, "First use".'
