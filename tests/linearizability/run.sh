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

. "$root/tests/servers.sh"
status=0
check() {
  "$program" "$@" --rounds "$rounds" --seed "$seed"
  result=$?
  [ $result -gt $status ] && status=$result
}

"$program" --self-test || status=1
check --url memory:
for threads in 1 2 4; do
  # shellcheck disable=SC2086
  start_server redstart ${subject//\{threads\}/$threads}
  echo "server with $threads threads:"
  check --subject "127.0.0.1:$port"
  stop_server redstart
done
exit $status
