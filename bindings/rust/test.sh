#!/bin/sh
# Tests of the Rust crates. What cargo makes goes to build/rust.
#
# test.sh style      the declarations are those of the headers; rustfmt, clippy, documentation
# test.sh crates     cargo test, against the library in SESSIONS_LIB_DIR
# test.sh servers    the quick start does what the one in C does, against the shared library in SESSIONS_LIB_DIR
# test.sh bench      the benchmarks run, against the library in SESSIONS_LIB_DIR
# test.sh installed  the same library, installed, is what pkg-config finds and the README's program uses
# test.sh checkout   without a library: what the README shows is built from the checkout, and counts; so it does with the
#                    static library, installed
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
cd "$here"
export CARGO_TARGET_DIR="$root/build/rust"
python=${PYTHON:-python3}
if [ -n "${SESSIONS_LIB_DIR:-}" ]; then
  export LD_LIBRARY_PATH="$SESSIONS_LIB_DIR${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
fi

# A build that must fail with a message, in an environment: refused MESSAGE [VARIABLE=VALUE...]
refused() {
  message=$1
  shift
  if said=$(env "$@" cargo check --locked --package sessions-sys 2>&1); then
    echo "this was to be refused: $*" >&2
    exit 1
  fi
  case $said in
  *"$message"*) ;;
  *)
    printf '%s\nwas to be refused with: %s\n%s\n' "$*" "$message" "$said" >&2
    exit 1
    ;;
  esac
}

case ${1:-} in
style)
  "$python" sessions-sys/generate.py --check
  cargo fmt --all --check
  cargo clippy --locked --workspace --all-features --all-targets -- -D warnings
  cargo clippy --locked --package sessions -- -D warnings
  RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps --all-features --package sessions
  ;;
crates)
  cargo test --locked --all-features --no-fail-fast
  ;;
servers)
  cargo build --locked --package quickstart
  export SESSIONS_QUICKSTART="$CARGO_TARGET_DIR/debug/quickstart" SESSIONS_SOURCE_DIR="$root" SESSIONS_BUILD_DIR="$SESSIONS_LIB_DIR"
  failed=0
  for test in routes concurrency sqlite redis outage signals.Signals.test_plain signals.Signals.test_at_once; do
    echo "== $test"
    (cd "$root/tests/system/quickstart" && "$python" -m unittest "test_$test") || failed=1
  done
  exit $failed
  ;;
bench)
  ROUNDS=1 SECONDS=0.01 cargo run --locked --package bench
  ;;
installed)
  place=$root/build/rust-installed
  rm -rf "$place"
  cmake --install "$SESSIONS_LIB_DIR" --prefix "$place/prefix" >/dev/null
  export CARGO_TARGET_DIR="$place/target" PKG_CONFIG_PATH="$place/prefix/lib/pkgconfig"
  export RUSTFLAGS="-C link-arg=-Wl,-rpath,$place/prefix/lib"
  unset LD_LIBRARY_PATH
  refused "libsessions.a, which is not in $SESSIONS_LIB_DIR" SESSIONS_STATIC=1
  export SESSIONS_LIB_DIR= # as if it was not set
  refused "libsessions.a, which is not in $place/prefix/lib" SESSIONS_STATIC=1
  refused "neither libsessions.so nor libsessions.a is in $here/sessions-sys/nowhere" SESSIONS_LIB_DIR=nowhere
  cargo build --locked --package sessions --example counter
  ldd "$CARGO_TARGET_DIR/debug/examples/counter" | grep "=> $place/prefix/lib/libsessions.so"
  "$python" test_readme.py "$CARGO_TARGET_DIR/debug/examples/counter"
  ;;
checkout)
  # Nothing that is installed may be found.
  export CARGO_TARGET_DIR="$root/build/rust-checkout" SESSIONS_NO_PKG_CONFIG=1
  unset SESSIONS_LIB_DIR LD_LIBRARY_PATH
  cargo build --locked --package sessions --example counter
  "$python" test_readme.py "$CARGO_TARGET_DIR/debug/examples/counter"

  place=$CARGO_TARGET_DIR/prefix
  rm -rf "$place"
  built=$(find "$CARGO_TARGET_DIR" -path '*/out/libsessions/libsessions.a' | head -n 1)
  cmake --install "$(dirname "$built")" --prefix "$place" >/dev/null
  unset SESSIONS_NO_PKG_CONFIG
  export PKG_CONFIG_PATH="$place/lib/pkgconfig"
  for environment in --unset=SESSIONS_STATIC SESSIONS_STATIC=1 "SESSIONS_LIB_DIR=$place/lib"; do
    # Where there are both, the static one is to be linked when it is asked for; this one cannot be linked.
    rm -f "$place/lib/libsessions.so"
    if [ "$environment" = SESSIONS_STATIC=1 ]; then
      : >"$place/lib/libsessions.so"
    fi
    env "$environment" cargo build --locked --package sessions --example counter
    "$python" test_readme.py "$CARGO_TARGET_DIR/debug/examples/counter"
  done
  ;;
*)
  echo "usage: test.sh style | crates | servers | bench | installed | checkout" >&2
  exit 2
  ;;
esac
