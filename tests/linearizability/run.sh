#!/usr/bin/env bash
# Records and checks concurrent histories: embedded, and the server with 1, 2 and 4 threads.
#
#   tests/linearizability/run.sh            a few seconds
#   tests/linearizability/run.sh --long     twenty times as many rounds
#   tests/linearizability/run.sh --subject "CMD --port {port} --io-threads {threads}"
#   tests/linearizability/run.sh --program PATH --rounds N --seed N
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$root/build/release/tests/linearizability/linearizability
subject="$root/build/release/redstart serve --port {port} --io-threads {threads}"
rounds=120
seed=$((RANDOM * 32768 + RANDOM))

while [ $# -gt 0 ]; do
  case $1 in
    --long) rounds=$((rounds * 20)) ;;
    --rounds) rounds=$2; shift ;;
    --seed) seed=$2; shift ;;
    --subject) subject=$2; shift ;;
    --program) program=$2; shift ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
  shift
done

directory=$(mktemp -d)
pid=
stop_server() {
  [ -n "$pid" ] && kill "$pid" 2>/dev/null && wait "$pid" 2>/dev/null
  pid=
}
trap 'stop_server; rm -rf "$directory"' EXIT

start_server() {  # threads
  port=$(python3 -c 'import socket
with socket.create_server(("127.0.0.1", 0)) as server: print(server.getsockname()[1])')
  command=${subject//\{port\}/$port}
  # shellcheck disable=SC2086
  (cd "$directory" && exec ${command//\{threads\}/$1}) >"$directory/log" 2>&1 &
  pid=$!
  for _ in $(seq 100); do
    redis-cli -p "$port" ping 2>/dev/null | grep -q PONG && return
    sleep 0.1
  done
  echo "linearizability: no answer on port $port:"
  cat "$directory/log"
  exit 2
}

status=0
check() {
  "$program" "$@" --rounds "$rounds" --seed "$seed"
  result=$?
  [ $result -gt $status ] && status=$result
}

"$program" --self-test || status=1
check --url memory:
for threads in 1 2 4; do
  start_server $threads
  echo "server with $threads threads:"
  check --subject "127.0.0.1:$port"
  stop_server
done
exit $status
