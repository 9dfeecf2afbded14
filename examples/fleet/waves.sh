#!/bin/sh
# Apply a fleet wave by wave. The clusters say which they are in:
#
#   clusters:
#     - {arn: "arn:aws:eks:eu-west-1:111122223333:cluster/canary", labels: {wave: "1"}}
#     - {arn: "arn:aws:eks:eu-west-1:111122223333:cluster/prod",   labels: {wave: "2"}}
#
# What goes wrong in a wave ends the rollout before the next, and once three
# clusters have failed no further one of the wave is begun. Run it again when it
# is seen to: it goes on from what is there.
set -eu
for wave in 1 2 3; do
    echo "wave $wave" >&2
    eksaccess apply -f "${1:-clusters.yaml}" --selector "wave=$wave" --max-failures 3 --yes
done
