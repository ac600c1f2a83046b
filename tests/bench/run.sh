#!/bin/sh
# Builds the benchmarks in build/bench, runs them and prints the results with the goals, as tables in Markdown. What
# was measured stays in build/bench/results.
#
# run.sh             C and C++, in twelve minutes; ROUNDS and SECONDS (for each operation in each round) change that
# run.sh --redis     only Redis, in about five
# run.sh --bindings  only Rust and Python, against C, in six minutes; with wrk and redis-server also Starlette
# run.sh --smoke     C and C++ once and briefly: whether it works, not how fast it is
#
# BENCH_BUILD names a directory where the benchmarks have been built already.
set -eu
cd "$(dirname "$0")/../.."
root=$PWD

rounds=${ROUNDS:-15} seconds=${SECONDS:-0.1} table_sizes='100000 1000000' database_sizes='1 100000 1000000'
resident_sessions=1000000 profile=full
if [ "${1:-}" = --smoke ]; then
  rounds=1 seconds=0.005 table_sizes=1000 database_sizes='1 1000' resident_sessions=1000 profile=smoke
elif [ $# -ne 0 ] && [ "$*" != --redis ] && [ "$*" != --bindings ]; then
  echo "usage: run.sh [--redis | --bindings | --smoke]" >&2
  exit 2
fi

# ---- what is needed ----

build=${BENCH_BUILD:-}
if [ -z "$build" ]; then
  build=$root/build/bench
  mkdir -p "$root/build"
  cmake -S . -B "$build" -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_FLAGS_RELEASE="-O2 -DNDEBUG" \
    -DSESSIONS_BUILD_BENCHMARKS=ON >"$root/build/bench.log" 2>&1 &&
    cmake --build "$build" --parallel 2 >>"$root/build/bench.log" 2>&1 || {
    cat "$root/build/bench.log" >&2
    exit 1
  }
fi
programs=$build/tests/bench
results=$build/results
rm -rf "$results"
mkdir -p "$results"

measure_rust() (
  export ROUNDS="$rounds" SECONDS="$seconds" SESSIONS_LIB_DIR="$build" LD_LIBRARY_PATH="$build" CARGO_TARGET_DIR="$root/build/rust"
  cd bindings/rust
  cargo run --quiet --locked --release --package bench
)

measure_python() {
  venv=$root/build/bench-venv
  [ -x "$venv/bin/python3" ] || python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet ./bindings/python starlette==1.10.0 "uvicorn[standard]==0.54.0" \
    starlette-sessions==0.3.0 itsdangerous==2.2.0 redis==5.2.1 cffi==2.0.0
  ROUNDS="$rounds" SECONDS="$seconds" "$venv/bin/python3" bindings/python/bench/bench.py "$programs"
}

if [ "${1:-}" = --bindings ]; then
  measure_rust
  measure_python
  exit
fi

python=${PYTHON:-}
if [ -z "$python" ]; then
  python=$root/build/venv/bin/python3
  [ -x "$python" ] || python3 -m venv "$root/build/venv"
  "$python" -c 'import itsdangerous, redis' 2>/dev/null ||
    "$python" -m pip install --quiet itsdangerous==2.2.0 redis==5.2.1
fi

# ---- Redis ----

if "$python" -c 'import redis' 2>/dev/null; then
  sh tests/bench/redis.sh "$programs" "$python" "$results" "$rounds" "$seconds" $profile
else
  echo "$python has no redis package: Redis is not measured." >&2
fi
if [ "${1:-}" = --redis ]; then
  "$python" tests/bench/report.py "$results"
  exit
fi

# ---- time ----

# What takes so little that it shows who else is on the machine, and where a process happens to lie, is measured in more
# and shorter rounds, each a process; Python's stand beside the last of four.
secret=$("$programs/bench_once" --secret)
quarter=$(awk "BEGIN { print $seconds / 4 }")
round=4
while [ "$round" -le $((4 * rounds)) ]; do
  for earlier in 3 2 1 0; do
    "$programs/bench" cookie $((round - earlier)) 1 "$quarter" >>"$results/times"
  done
  for payload in 350B 2.5KiB; do
    cookie=$("$programs/bench_once" --cookie "$payload")
    "$python" tests/bench/peer_itsdangerous.py "$round" "$seconds" "$secret" "$payload" "$cookie" >>"$results/times"
  done
  round=$((round + 4))
done
"$programs/bench" bindings 1 "$rounds" "$seconds" 1000 >>"$results/times"
for sessions in $table_sizes; do
  "$programs/bench" memory 1 "$rounds" "$seconds" "$sessions" >>"$results/times"
done

# In the same file system for all, and gone afterwards. Longer rounds, so that what one leaves in the log, and the next
# has to copy, counts for little.
long_rounds=$(((rounds + 1) / 2))
long=$(awk "BEGIN { print $seconds * 8 }")
databases=$(mktemp -d)
trap 'rm -rf "$databases"' EXIT
for sessions in $database_sizes; do
  rm -f "$databases"/*
  "$programs/bench" sqlite 1 "$long_rounds" "$long" "$sessions" "$databases" >>"$results/times"
  payload=$("$programs/bench_once" --json 350B)
  round=1
  while [ "$round" -le "$rounds" ]; do
    "$python" tests/bench/peer_sqlite.py "$round" "$seconds" "$databases/python.db" "$sessions" "$payload" \
      >>"$results/times"
    round=$((round + 1))
  done
  for who in ours bare python; do
    [ "$sessions" -gt 1 ] || break
    bytes=$(stat --format %s "$databases/$who.db")
    printf '350 B x %d\t%s\t%d\n' "$sessions" "$who" $((bytes / sessions)) >>"$results/databases"
  done
done

# ---- memory ----

for who in ours bare framework; do
  "$programs/bench_resident" "$who" "$resident_sessions" >>"$results/resident"
done
for work in load read commit cycle memory; do
  for keys in 5 300; do
    for who in ours bare; do
      suffix=
      [ "$work" != memory ] || suffix='*100'
      "$programs/bench_allocations" "$work/${keys}keys$suffix/$who" >>"$results/allocations"
    done
  done
done

# ---- instructions ----

# instructions NAME: of one run, without those of starting and warming up.
instructions() {
  few=$(collected "$1" 200)
  many=$(collected "$1" 1200)
  printf '%s\t%d\n' "$1" $(((many - few) / 1000))
}

collected() {
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$programs/bench_once" "$1" "$2" \
    >"$results/callgrind" 2>&1 || {
    cat "$results/callgrind" >&2
    exit 1
  }
  sed -n 's/.*Collected : \([0-9]*\).*/\1/p' "$results/callgrind"
}

if ! command -v valgrind >/dev/null; then
  echo "There is no valgrind: instructions are not counted." >&2
elif [ "$profile" = smoke ]; then
  instructions load/350B/ours >>"$results/instructions"
else
  for who in c cpp; do
    instructions "request/350B/$who" >>"$results/instructions"
    instructions "request/350B*1000/$who" >>"$results/instructions"
  done
  for work in load/350B read/350B commit/350B cycle/350B load/2.5KiB read/2.5KiB commit/2.5KiB cycle/2.5KiB \
    'memory/350B*100'; do
    for who in ours bare; do
      instructions "$work/$who" >>"$results/instructions"
    done
  done
fi

"$python" tests/bench/report.py "$results"
