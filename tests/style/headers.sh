#!/bin/sh
# Each public header alone, as strict C99 and as C++17.
set -eu
cd "${SESSIONS_SOURCE_DIR:-$(dirname "$0")/../..}/include"
for header in sessions.h sessions/*.h; do
  echo "#include <$header>" | ${CC:-cc} -std=c99 -pedantic -Wall -Wextra -Werror -I. -fsyntax-only -x c -
  echo "#include <$header>" | ${CXX:-c++} -std=c++17 -pedantic -Wall -Wextra -Werror -I. -fsyntax-only -x c++ -
  echo "$header"
done
