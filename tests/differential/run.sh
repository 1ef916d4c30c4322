#!/usr/bin/env bash
# Starts redis-server and Redstart on free ports and compares them: random commands, group by group, over the wire
# (differential); with --typed the typed methods of the client library, called with random arguments over redis-server,
# memory: and Redstart (typed_methods).
#
#   tests/differential/run.sh                 20,000 commands a group, a few seconds, the same each time
#   tests/differential/run.sh --long          2,000,000 other commands for each group
#   tests/differential/run.sh --group zset --count 500000 --seed 9
#   tests/differential/run.sh --subject "CMD --port {port}"
#   tests/differential/run.sh --embedded      the subject is the embedded engine (embedded_subject): all groups, in
#                                             RESP3, which is what the library's replies are shaped by
#   tests/differential/run.sh --typed         the client's typed methods, 20,000 calls
#   tests/differential/run.sh --notifications compare keyspace notifications as well
#   tests/differential/run.sh --coverage      how often each command was answered or refused
# The seed is printed; a run with the same seed and count sends the same commands.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
program=$root/build/release/tests/differential/differential
subject="$root/build/release/redstart serve --port {port} --enable-debug-command yes"
groups="string list hash set zset stream generic transactions bitmap hyperloglog geo scripting acl server mixed"
count=20000
seed=20261122
embedded=
typed=
more=()

while [ $# -gt 0 ]; do
  case $1 in
    --long) count=2000000; seed=$((RANDOM * 32768 + RANDOM)) ;;
    --group) groups=$2; shift ;;
    --count) count=$2; shift ;;
    --seed) seed=$2; shift ;;
    --subject) subject=$2; shift ;;
    --embedded) embedded=yes ;;
    --typed) typed=yes ;;
    --coverage) more+=(--coverage) ;;
    --notifications) more+=(--notifications) ;;
    --program) program=$2; shift ;;
    *) sed -n '2,18s/^# \{0,1\}//p' "$0"; exit 2 ;;
  esac
  shift
done

if [ -n "$embedded" ]; then
  subject="$(dirname "$program")/embedded_subject --port {port}"
  more+=(--embedded --allowed "$root/tests/differential/embedded/allowed_differences.txt")
fi
. "$root/tests/servers.sh"

# Both servers read the time from one file, so that the comparison decides when keys expire. (The
# second variable is for a subject with AddressSanitizer, which wants to be loaded first.)
clock=$directory/clock
printf '\0\0\x8d\x49\xfd\x1a\x07\0' >"$clock"  # 2,000,000,000 seconds
timed=(env LC_ALL=C "DIFFERENTIAL_CLOCK=$clock" ASAN_OPTIONS=verify_asan_link_order=0
       "LD_PRELOAD=$(dirname "$program")/libdifferential_preload.so")
more+=(--clock "$clock")

# hz 500: idle servers look at the deadlines of blocked clients every 2 ms instead of every 100.
start_server oracle "${timed[@]}" redis-server --port {port} --dir "$directory" --save "" --enable-debug-command yes \
  --hz 500
oracle_port=$port

start_subject() {
  # shellcheck disable=SC2086
  start_server subject "${timed[@]}" $subject
  subject_port=$port
}
start_subject

if [ -n "$typed" ]; then
  "${timed[@]}" "$(dirname "$program")/typed_methods" --oracle "redis://127.0.0.1:$oracle_port" --subject memory: \
    --subject "redis://127.0.0.1:$subject_port" --seed "$seed" --count "$count" --clock "$clock"
  exit
fi

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
    tail -40 "$directory/subject.log"
    stop_server subject
    start_subject
  fi
done
exit $status
