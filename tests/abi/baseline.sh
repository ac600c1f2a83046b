#!/bin/sh
# The ABI is the one on record. Any difference fails, so that each is made on purpose and seen in review.
set -eu
here=$(dirname "$0")
work=${SESSIONS_BUILD_DIR:?}/tests/abi
mkdir -p "$work"
sh "$here/dump.sh" "${SESSIONS_LIBRARY:?}" >"$work/now.abi"
if ! abidiff --no-architecture --fail-no-debug-info "$here/sessions.abi" "$work/now.abi"; then
  cat >&2 <<'END'
The ABI differs from tests/abi/sessions.abi. Additions: record them with `sh tests/abi/update.sh` and commit the
difference. Anything else breaks programs that are linked already: undo it.
END
  exit 1
fi
