#!/bin/sh
# The part of run.sh that times Redis, on a server of its own.
#
# redis.sh PROGRAMS PYTHON RESULTS ROUNDS SECONDS full|smoke
set -eu
programs=$1 python=$2 results=$3 rounds=$4 profile=$6
here=$(dirname "$0")
# So many threads take their time to get going.
seconds=$("$python" -c "print(2 * $5)")

# ---- one server for all transports, bound to one core, which keeps everything in memory only ----

# It is of a session of its own, as what an init system starts is: Linux shares a core among sessions first.

directory=$(mktemp -d)
server=
end_server() {
  if [ -n "$server" ]; then
    kill "$server" || echo "The Redis server had ended before: see what it said" >&2
    wait "$server" || :  # which says that it was the signal
  fi
  rm -rf "$directory"
}
trap end_server EXIT
trap 'exit 1' INT TERM

new_key="-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes"
(
  cd "$directory"
  # shellcheck disable=SC2086  # a list of words
  openssl req -x509 $new_key -keyout ca.key -out ca.pem -days 2 -subj /CN=authority
  # shellcheck disable=SC2086
  openssl req $new_key -keyout server.key -out server.csr -subj /CN=server
  echo "subjectAltName = IP:127.0.0.1" >names
  openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile names -out server.pem
) >"$directory/openssl.log" 2>&1 || {
  cat "$directory/openssl.log" >&2
  exit 1
}

free_ports() {
  "$python" -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
print(*(each.getsockname()[1] for each in sockets))'
}

start_server() {
  # shellcheck disable=SC2046  # two words
  set -- $(free_ports)
  port=$1 tls_port=$2
  setsid redis-server --dir "$directory" --bind 127.0.0.1 --port "$port" --tls-port "$tls_port" \
    --unixsocket "$directory/redis.sock" --tls-auth-clients no --tls-ca-cert-file "$directory/ca.pem" \
    --tls-cert-file "$directory/server.pem" --tls-key-file "$directory/server.key" \
    --save "" --server_cpulist 0 >"$directory/log" 2>&1 &
  server=$!
  until redis-cli -s "$directory/redis.sock" ping >/dev/null 2>&1; do
    if ! kill -0 "$server" 2>/dev/null; then
      server=
      return 1
    fi
  done
}

# Somebody else may take a port first.
start_server || start_server || {
  cat "$directory/log" >&2
  exit 1
}

# ---- time ----

place_of() {
  case $1 in
    tcp) echo "$port" ;;
    unix) echo "$directory/redis.sock" ;;
    tls) echo "$tls_port" ;;
  esac
}

payload=$("$programs/bench_once" --json 350B)
round=1
while [ "$round" -le "$rounds" ]; do
  for transport in tcp unix tls; do
    place=$(place_of $transport)
    "$programs/bench_redis" "$round" "$seconds" $transport "$place" "$directory/ca.pem" >>"$results/redis"
    "$python" "$here/peer_redis.py" "$round" "$seconds" $transport "$place" "$directory/ca.pem" "$payload" \
      >>"$results/redis"
  done
  round=$((round + 1))
done

# ---- what redis-benchmark says, as context: one GET or SET of as many bytes, by one thread for all connections ----

on_core() {
  if taskset --cpu-list "$1" true 2>/dev/null; then
    taskset --cpu-list "$@"
  else
    shift
    "$@"
  fi
}

# redis_benchmark TRANSPORT CALLERS REQUESTS COMMAND...
redis_benchmark() {
  transport=$1 callers=$2 requests=$3
  [ "$profile" = full ] || requests=200
  shift 3
  "$@" -n "$requests" -d 350 -t get,set --csv |
    sed -n "/^\"test\"/d; s/\"//g; s/^/$transport,$callers,/p" |
    awk -F, -v OFS='\t' '{ print $1, $2, $3, int($4), $7 * 1000, $9 * 1000 }' >>"$results/redis-benchmark"
}

for transport in tcp unix tls; do
  place=$(place_of $transport)
  case $transport in
    tcp) set -- redis-benchmark -p "$place" ;;
    unix) set -- redis-benchmark -s "$place" ;;
    tls) set -- redis-benchmark -p "$place" --tls --cacert "$directory/ca.pem" ;;
  esac
  redis_benchmark $transport 1 20000 "$@" -c 1
  redis_benchmark $transport "1 near" 20000 on_core 0 "$@" -c 1
  redis_benchmark $transport "1 far" 20000 on_core 1 "$@" -c 1
  redis_benchmark $transport 8 100000 "$@" -c 8
  redis_benchmark $transport 64 100000 "$@" -c 64
done
