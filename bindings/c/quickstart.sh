#!/bin/sh
# Builds the quick start into build/quickstart and serves it on http://127.0.0.1:8080; PORT changes the port.
#   sh bindings/c/quickstart.sh [BACKEND-URL]
# On Debian and Ubuntu it installs what is missing; elsewhere it says what to install.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$root/build/quickstart
log=$build/build.log

missing=
need() { # need PACKAGE COMMAND...: the package is missing unless the command succeeds
  package=$1
  shift
  "$@" >/dev/null 2>&1 || missing="$missing $package"
}
has_compilers() {
  command -v cc && command -v c++ && command -v make
}
need build-essential has_compilers
need cmake command -v cmake
need pkg-config command -v pkg-config
need libssl-dev pkg-config --exists 'libssl >= 3.0'
need libcjson-dev pkg-config --exists libcjson
need libhiredis-dev pkg-config --exists hiredis
need libc-ares-dev pkg-config --exists libcares
need libsqlite3-dev pkg-config --exists 'sqlite3 >= 3.31'
need libmicrohttpd-dev pkg-config --exists 'libmicrohttpd >= 0.9.71'

# quietly COMMAND...: shows what it said only when it fails, and then ends.
quietly() {
  "$@" >"$log" 2>&1 || {
    status=$?
    cat "$log" >&2
    echo "Failed: $*" >&2
    exit "$status"
  }
}
mkdir -p "$build"

sudo=
[ "$(id -u)" = 0 ] || sudo=sudo
if [ -n "$missing" ]; then
  if ! command -v apt-get >/dev/null || ! command -v ${sudo:-true} >/dev/null; then
    echo "Please install what Debian calls$missing, and start this again." >&2
    exit 1
  fi
  echo "Installing$missing" >&2
  quietly $sudo apt-get -qq update
  # shellcheck disable=SC2086  # a list of words
  quietly $sudo env DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends $missing
fi

echo "Building in build/quickstart; this takes a minute or more the first time" >&2
quietly cmake -S "$root" -B "$build" -DSESSIONS_BUILD_EXAMPLES=ON
quietly cmake --build "$build" --target quickstart --parallel "$(getconf _NPROCESSORS_ONLN)"
exec "$build/bindings/c/quickstart" "$@"
