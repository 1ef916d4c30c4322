#!/usr/bin/env bash
# Starts redis-server and Redstart on free ports and compares them, group by group.
#
#   tests/differential/run.sh                 20,000 commands a group, a few seconds
#   tests/differential/run.sh --long          2,000,000 commands for each group
#   tests/differential/run.sh --group zset --count 500000 --seed 9
#   tests/differential/run.sh --subject "CMD --port {port}"
#   tests/differential/run.sh --notifications compare keyspace notifications as well
#   tests/differential/run.sh --coverage      how often each command was answered or refused
# The seed is printed; a run with the same seed and count sends the same commands.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$root/build/release/tests/differential/differential
subject="$root/build/release/redstart serve --port {port} --enable-debug-command yes"
groups="string list hash set zset stream generic transactions bitmap hyperloglog geo scripting acl server mixed"
count=20000
seed=$((RANDOM * 32768 + RANDOM))
more=()

while [ $# -gt 0 ]; do
  case $1 in
    --long) count=2000000 ;;
    --group) groups=$2; shift ;;
    --count) count=$2; shift ;;
    --seed) seed=$2; shift ;;
    --subject) subject=$2; shift ;;
    --coverage) more+=(--coverage) ;;
    --notifications) more+=(--notifications) ;;
    --program) program=$2; shift ;;
    *) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
  shift
done

free_port() {
  python3 -c 'import socket
with socket.create_server(("127.0.0.1", 0)) as server: print(server.getsockname()[1])'
}

answers() {  # port
  redis-cli -p "$1" ping 2>/dev/null | grep -q PONG
}

wait_for() {  # port, name
  for _ in $(seq 100); do
    answers "$1" && return 0
    sleep 0.1
  done
  echo "differential: $2 does not answer on port $1"
  exit 2
}

logs=$(mktemp -d)
oracle_pid=
subject_pid=
stop_servers() {
  [ -n "$oracle_pid" ] && kill "$oracle_pid" 2>/dev/null
  [ -n "$subject_pid" ] && kill "$subject_pid" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$logs"
}
trap stop_servers EXIT

# Both servers read the time from one file, so that the comparison decides when keys expire. (The
# second variable is for a subject with AddressSanitizer, which wants to be loaded first.)
clock=$logs/clock
printf '\0\0\x8d\x49\xfd\x1a\x07\0' >"$clock"  # 2,000,000,000 seconds
timed=(env LC_ALL=C "DIFFERENTIAL_CLOCK=$clock" ASAN_OPTIONS=verify_asan_link_order=0
       "LD_PRELOAD=$(dirname "$program")/libdifferential_preload.so")
more+=(--clock "$clock")

oracle_port=$(free_port)
subject_port=$(free_port)
# hz 500: idle servers look at the deadlines of blocked clients every 2 ms instead of every 100.
"${timed[@]}" redis-server --port "$oracle_port" --dir "$logs" --save "" --enable-debug-command yes --hz 500 \
  >"$logs/oracle" 2>&1 &
oracle_pid=$!
wait_for "$oracle_port" "the oracle"

start_subject() {
  # shellcheck disable=SC2086
  (cd "$logs" && exec "${timed[@]}" ${subject//\{port\}/$subject_port}) >"$logs/subject" 2>&1 &
  subject_pid=$!
  wait_for "$subject_port" "the subject"
}
start_subject

echo "differential: seed $seed, $count commands a group"
status=0
for group in $groups; do
  "$program" --oracle "127.0.0.1:$oracle_port" --subject "127.0.0.1:$subject_port" \
    --group "$group" --seed "$seed" --count "$count" \
    --allowed "$root/tests/differential/allowed_differences.txt" "${more[@]}"
  result=$?
  [ $result -gt $status ] && status=$result
  if ! answers "$subject_port"; then
    echo "differential: the subject died in the group $group; the end of its output:"
    tail -40 "$logs/subject"
    wait "$subject_pid" 2>/dev/null
    subject_port=$(free_port)
    start_subject
  fi
done
exit $status
