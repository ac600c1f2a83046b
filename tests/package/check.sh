#!/bin/sh
# check.sh shared|static|subdirectory: builds and installs the library as its users do, into scratch directories, and
# builds, runs and looks at programs that use it.
set -eu
kind=$1
: "${CC:=cc}" "${CXX:=c++}" "${CMAKE:=cmake}"
export CC CXX
here=$(cd "$(dirname "$0")" && pwd)
source=$(cd "$here/../.." && pwd)
mkdir -p "${SESSIONS_BUILD_DIR:-$source/build}/package"
work=$(cd "${SESSIONS_BUILD_DIR:-$source/build}/package" && pwd)/$kind
rm -rf "$work/installed" "$work/consumers"
mkdir -p "$work/installed" "$work/consumers"
if command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi

fail() {
  echo "FAILED: $1" >&2
  exit 1
}

# Builds the library, without optimisation and debug information to be quick. Arguments go to CMake.
build_library() {
  "$CMAKE" -S "$source" -B "$work/build" -DCMAKE_BUILD_TYPE=None "$@"
  "$CMAKE" --build "$work/build" --parallel 2
}

# run PROGRAM LIBDIR: does the main job.
run() {
  LD_LIBRARY_PATH=$2 "$1" | tee "$1.out"
  grep -Eq '^Set-Cookie: session=[A-Za-z0-9_-]{43}; .*HttpOnly' "$1.out" || fail "$1 printed something else"
}

# use_pkg_config NAME LIBDIR [OPTION...]
use_pkg_config() {
  name=$1 libdir=$2
  shift 2
  program=$work/consumers/pkg_config_$name
  if [ "$kind" = static ]; then
    set -- --static "$@"
  fi
  PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config --print-errors "$@" --exists 'sessions >= 0.1' ||
    fail "pkg-config does not accept $libdir/pkgconfig/sessions.pc"
  flags=$(PKG_CONFIG_PATH=$libdir/pkgconfig pkg-config "$@" --cflags --libs sessions)
  echo "$flags"
  eval "set -- $flags" # a blank in a path is escaped there
  $CC -std=c99 "$here/main.c" -o "$program" "$@"
  $CXX -std=c++17 "$here/main.cpp" -o "${program}_cpp" "$@"
  for built in "$program" "${program}_cpp"; do
    run "$built" "$libdir"
    check_needed "$built"
  done
}

# use_find_package NAME LIBDIR C|CXX [OPTION...]
use_find_package() {
  name=$1 libdir=$2 language=$3
  shift 3
  "$CMAKE" -S "$here/find_package" -B "$work/consumers/find_package_$name" -DLANGUAGE="$language" "$@"
  "$CMAKE" --build "$work/consumers/find_package_$name"
  run "$work/consumers/find_package_$name/consumer" "$libdir"
  check_needed "$work/consumers/find_package_$name/consumer"
}

check_needed() {
  if readelf --dynamic "$1" | grep -q 'NEEDED.*libsessions'; then
    [ "$kind" = shared ] || fail "$1 needs libsessions.so"
  else
    [ "$kind" = static ] || fail "$1 does not need libsessions.so"
  fi
}

check_prefix() {
  if [ "$kind" = static ]; then
    [ -z "$(find "$1" -name 'libsessions.so*')" ] || fail "$1 holds more than the static library"
  fi
  if grep -r --include='*.cmake' --include='*.pc' -e "$source/src" -e "$source/include" -e "$work/build" "$1"; then
    fail "^ these refer to where the library was built"
  fi
}

# The program that tests stores, for those who have asked for it, with its manual.
check_conformance() {
  LD_LIBRARY_PATH=$1/lib "$1/bin/sessions-conformance" --quick --only 'upkeep: the store answers' memory: |
    grep -qx '# 1 passed, 0 failed' || fail "sessions-conformance is not installed, or does not run"
  [ -n "$(find "$1" -name conformance.md)" ] || fail "the manual of sessions-conformance is not installed"
}

check_layouts() {
  prefix="$work/installed/as it is"
  build_library -DCMAKE_INSTALL_PREFIX=/nowhere -DCMAKE_INSTALL_LIBDIR=lib -DCMAKE_INSTALL_INCLUDEDIR=include "$@"
  (cd "$work/installed" && "$CMAKE" --install "$work/build" --prefix "as it is")
  check_prefix "$prefix"
  if [ "$kind" = shared ]; then
    check_conformance "$prefix"
  fi
  use_pkg_config plain "$prefix/lib"
  use_find_package plain "$prefix/lib" CXX -DCMAKE_PREFIX_PATH="$prefix"

  mv "$prefix" "$work/installed/moved"
  prefix=$work/installed/moved
  use_pkg_config moved "$prefix/lib" --define-prefix
  use_find_package moved "$prefix/lib" C -DCMAKE_PREFIX_PATH="$prefix"

  DESTDIR=$work/installed/staged "$CMAKE" --install "$work/build"
  staged=$work/installed/staged/nowhere
  grep -qx 'prefix=/nowhere' "$staged/lib/pkgconfig/sessions.pc" || fail "DESTDIR got into sessions.pc"
  use_find_package staged "$staged/lib" CXX -DCMAKE_PREFIX_PATH="$staged"

  DESTDIR=$work/installed/top "$CMAKE" --install "$work/build" --prefix /
  grep -qx 'prefix=' "$work/installed/top/lib/pkgconfig/sessions.pc" || fail "the prefix / is none in sessions.pc"

  prefix=$work/installed/relative
  build_library -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib/of/this -DCMAKE_INSTALL_INCLUDEDIR=headers/here
  "$CMAKE" --install "$work/build"
  use_pkg_config relative "$prefix/lib/of/this"
  use_find_package relative "$prefix/lib/of/this" CXX -Dsessions_DIR="$prefix/lib/of/this/cmake/sessions"

  # CMake refuses to export an absolute path that is inside the source tree.
  outside=$(mktemp -d)
  trap 'rm -rf "$outside"' EXIT
  prefix=$outside/prefix
  build_library -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR="$prefix.lib" \
    -DCMAKE_INSTALL_INCLUDEDIR="$prefix.include"
  "$CMAKE" --install "$work/build"
  use_pkg_config absolute "$prefix.lib"
  use_find_package absolute "$prefix.lib" CXX -Dsessions_DIR="$prefix.lib/cmake/sessions"
}

case $kind in
  shared) check_layouts -DBUILD_SHARED_LIBS=ON -DSESSIONS_BUILD_CONFORMANCE=ON ;;
  static) check_layouts -DBUILD_SHARED_LIBS=OFF ;;
  subdirectory)
    "$CMAKE" -S "$here/subdirectory" -B "$work/build" -DCMAKE_BUILD_TYPE=None -DSESSIONS_SOURCE_DIR="$source"
    "$CMAKE" --build "$work/build" --parallel 2
    run "$work/build/consumer" "$work/build/sessions"
    run "$work/build/consumer_cpp" "$work/build/sessions"
    LD_LIBRARY_PATH=$work/build/sessions "$work/build/without_stores" || fail "what is not built in is not UNSUPPORTED"
    "$CMAKE" -S "$here/subdirectory_c" -B "$work/build_c" -DCMAKE_BUILD_TYPE=None -DSESSIONS_SOURCE_DIR="$source"
    "$CMAKE" --build "$work/build_c" --parallel 2
    run "$work/build_c/consumer" "$work/build_c/sessions"
    ;;
  *) fail "no such kind: $kind" ;;
esac
