#!/bin/sh
# Applies a file wave by wave. A label of each cluster is its wave:
#
#   clusters:
#     - {arn: "arn:aws:eks:eu-west-1:111122223333:cluster/canary", labels: {wave: "1"}}
#     - {arn: "arn:aws:eks:eu-west-1:111122223333:cluster/prod",   labels: {wave: "2"}}
#
# A failure in a wave stops the rollout before the next wave. After three failed
# clusters, no further cluster of the wave is started. Fix the cause and run it
# again: it continues from the current state.
set -eu
for wave in 1 2 3; do
    echo "wave $wave" >&2
    eksaccess apply -f "${1:-clusters.yaml}" --selector "wave=$wave" --max-failures 3 --yes
done
