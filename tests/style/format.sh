#!/bin/sh
# Tells which lines are not laid out as clang-format does; with -i puts them right. Takes clang-format 14, because
# versions differ: its path stands in CLANG_FORMAT. C has pointers to the right, C++ to the left.
set -eu
cd "$(dirname "$0")/../.."
tool=${CLANG_FORMAT:-clang-format}
if [ "${1:-}" != -i ]; then
  set -- --dry-run -Werror
fi
status=0
find include src tests bindings -name '*.[ch]' -print0 | xargs -0 "$tool" --style=file:include/.clang-format "$@" || status=1
find include src tests bindings -name '*.[ch]pp' -print0 | xargs -0 "$tool" --style=file:.clang-format "$@" || status=1
exit $status
