#!/bin/sh
# Checks for drift, from cron:
#
#   17 6 * * *  /usr/local/bin/drift.sh /etc/eksaccess/clusters.yaml
#
# cron mails the output. There is no output if access matches the file.
# Exit codes: 0 no drift; 2 drift; others as in "eksaccess --help".
set -u
out=$(eksaccess plan -f "$1" --detailed-exitcode --quiet 2>&1)
code=$?
[ "$code" -eq 0 ] || printf '%s\n' "$out"
exit "$code"
