#!/bin/sh
# Each public header alone: those of C as strict C99 and as C++17, those of C++ as C++17; all of C++ as C++17 and C++20,
# with and without exceptions and RTTI, also with clang.
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
for header in sessions/*.hpp; do
  check "${CXX:-c++}" c++ -std=c++17
  echo "$header"
done
header=sessions.hpp
for compiler in "${CXX:-c++}" clang++; do
  for standard in 17 20; do
    for exceptions in -fexceptions -fno-exceptions; do
      check "$compiler" c++ -std=c++$standard $exceptions -frtti
      check "$compiler" c++ -std=c++$standard $exceptions -fno-rtti
    done
  done
  echo "$header with $compiler"
done
