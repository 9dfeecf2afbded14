#!/bin/sh
# A look for drift, for cron:
#
#   17 6 * * *  /usr/local/bin/drift.sh /etc/eksaccess/clusters.yaml
#
# cron mails what is printed, so nothing is where access is as the file says.
# 0: in sync; 2: drift; others as "eksaccess --help" says.
set -u
out=$(eksaccess plan -f "$1" --detailed-exitcode --quiet 2>&1)
code=$?
[ "$code" -eq 0 ] || printf '%s\n' "$out"
exit "$code"
