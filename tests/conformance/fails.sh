#!/bin/sh
# fails.sh COMMAND...: passes when the kit has run to its end and found a defect.
set -u
report=$("$@")
status=$?
echo "$report"
[ "$status" -eq 1 ] && echo "$report" | grep -q '^not ok ' && echo "$report" | grep -q '^# .* failed$'
