#!/bin/sh
# Each public header alone: those of C as strict C99 and as C++17, those of C++ as C++17 and C++20, with and without
# exceptions and RTTI.
set -eu
cd "${SESSIONS_SOURCE_DIR:-$(dirname "$0")/../..}/include"
warnings='-pedantic -Wall -Wextra -Wconversion -Wshadow -Werror'

# check COMPILER LANGUAGE OPTION...
check() {
  compiler=$1 language=$2
  shift 2
  # shellcheck disable=SC2086  # a list of words
  echo "#include <$header>" | $compiler $warnings -I. -fsyntax-only "$@" -x "$language" -
}

for header in sessions.h sessions/*.h; do
  check "${CC:-cc}" c -std=c99
  check "${CXX:-c++}" c++ -std=c++17
  echo "$header"
done
for header in sessions.hpp sessions/*.hpp; do
  for standard in 17 20; do
    check "${CXX:-c++}" c++ -std=c++$standard
    check "${CXX:-c++}" c++ -std=c++$standard -fno-exceptions -fno-rtti
  done
  echo "$header"
done
