#!/usr/bin/env bash
# redis-cli as people use it: commands, pipes, its own modes, and plain text over a socket.
#   tests/clients/redis_cli.sh PORT
set -u
port=$1
directory=$(mktemp -d)
failed=0
background=
stop_background() {
  [ -z "$background" ] && return 0
  kill "$background" 2>/dev/null
  wait "$background" 2>/dev/null
  background=
}
trap 'stop_background; rm -rf "$directory"' EXIT

cli() { timeout 30 redis-cli -p "$port" "$@"; }

expect() {  # what, expected, actual
  [ "$2" = "$3" ] && return 0
  printf '%s\n  expected: %q\n  got:      %q\n' "$1" "$2" "$3"
  failed=1
}

expect_line() {  # what, pattern, text
  grep -Eq -- "$2" <<<"$3" && return 0
  printf '%s\n  no line matches %q in:\n%s\n' "$1" "$2" "$3"
  failed=1
}

# Waits until a file has a line that matches.
await_line() {  # what, pattern, file
  local _
  for _ in $(seq 500); do
    grep -Eq -- "$2" "$3" 2>/dev/null && return 0
    sleep 0.02
  done
  expect_line "$1" "$2" "$(cat "$3")"
}

await_equal() {  # what, expected, command...
  local what=$1 expected=$2 actual _
  shift 2
  for _ in $(seq 500); do
    actual=$("$@")
    [ "$expected" = "$actual" ] && return 0
    sleep 0.02
  done
  expect "$what" "$expected" "$actual"
}

errors_are_told() {
  expect "wrong type" "WRONGTYPE Operation against a key holding the wrong kind of value" \
    "$(cli set s x >/dev/null; cli lpush s y)"
  expect "unknown command" "ERR unknown command 'nope', with args beginning with: 'a' 'b' " \
    "$(cli nope a b | head -1)"
  expect "wrong arity" "ERR wrong number of arguments for 'get' command" "$(cli get | head -1)"
  cli -e get >/dev/null 2>&1
  expect "exit code of -e" 1 $?
  expect "unknown database" "ERR DB index is out of range" "$(cli select 99 | head -1)"
}

commands_are_answered() {
  cli flushall >/dev/null
  expect "ping" PONG "$(cli ping)"
  expect "set and get" $'OK\nvalue' "$(printf 'set key value\nget key\n' | cli)"
  expect "nil on a terminal" "(nil)" "$(cli --no-raw get missing)"
  expect "integer on a terminal" "(integer) 2" "$(cli --no-raw rpush list a b)"
  expect "array on a terminal" $'1) "a"\n2) "b"' "$(cli --no-raw lrange list 0 -1)"
  expect "binary value from stdin" 3 "$(printf 'a\0b' | cli -x set binary >/dev/null; cli strlen binary)"
  expect "quoted words" '"a\x00b"' "$(cli --no-raw get binary)"
  expect "csv" '"a","b"' "$(cli --csv lrange list 0 -1)"
  expect "json" '["a","b"]' "$(cli --json lrange list 0 -1)"
  expect "repeat" $'1\n2\n3' "$(cli -r 3 incr counter)"
  expect "another database" $'OK\nv' "$(cli -n 5 set only-here v; cli -n 5 get only-here)"
  expect "is not in database 0" 0 "$(cli exists only-here)"
  expect "transaction" $'OK\nQUEUED\nQUEUED\nOK\n1' \
    "$(printf 'multi\nset t 1\ndel t\nexec\n' | cli)"
  expect_line "server" '^redis_version:' "$(cli info server | tr -d '\r')"
}

resp3_is_spoken() {
  cli del hash set >/dev/null
  cli hset hash field value >/dev/null
  cli sadd set member >/dev/null
  expect "map" '1# "field" => "value"' "$(cli -3 --no-raw hgetall hash)"
  expect "set" '1~ "member"' "$(cli -3 --no-raw smembers set)"
  expect "double" '(double) 1.5' "$(cli -3 --no-raw zadd z incr 1.5 m)"
  expect "null" '(nil)' "$(cli -3 --no-raw get missing)"
  expect_line "hello" '"proto" => \(integer\) 3' "$(cli -3 --no-raw hello)"
}

many_commands_go_through_a_pipe() {
  cli flushall >/dev/null
  # RESP, as the manual's generator writes it, and large enough for many reads.
  python3 - >"$directory/mass" <<'PYTHON'
import sys
def command(*words):
    out = f"*{len(words)}\r\n" + "".join(f"${len(w)}\r\n{w}\r\n" for w in words)
    sys.stdout.write(out)
for i in range(100_000):
    command("SET", f"key:{i}", f"value:{i}")
PYTHON
  expect_line "mass insertion" '^errors: 0, replies: 100000$' "$(cli --pipe <"$directory/mass")"
  expect "all are there" 100000 "$(cli dbsize)"
  expect "with their values" value:77777 "$(cli get key:77777)"
  expect_line "errors are counted" '^errors: 1, replies: 2$' \
    "$(printf 'lpush key:1 x\r\nset key:2 y\r\n' | cli --pipe 2>/dev/null)"
}

keys_are_walked() {
  expect "scan finds all" 100000 "$(cli --scan | sort -u | wc -l)"
  expect "scan by pattern" key:99999 "$(cli --scan --pattern 'key:9999[9]')"
  cli rpush biglist $(seq 500) >/dev/null
  cli sadd bigset $(seq 300) >/dev/null
  cli zadd bigzset $(seq 400 | sed 's/.*/& m&/') >/dev/null
  cli hset bighash $(seq 200 | sed 's/.*/f& v&/') >/dev/null
  local report
  report=$(cli --bigkeys)
  expect_line "bigkeys sampled all" '^Sampled 100004 keys in the keyspace!' "$report"
  expect_line "biggest list" '^Biggest +list found .*biglist.* has 500 items' "$report"
  expect_line "biggest set" '^Biggest +set found .*bigset.* has 300 members' "$report"
  expect_line "biggest zset" '^Biggest +zset found .*bigzset.* has 400 members' "$report"
  expect_line "biggest hash" '^Biggest +hash found .*bighash.* has 200 fields' "$report"
  expect_line "memkeys" '^Sampled 100004 keys in the keyspace!' "$(cli --memkeys)"
}

latency_and_statistics_are_shown() {
  expect_line "latency" '^[0-9]+ [0-9]+ [0-9.]+ [0-9]+$' \
    "$(timeout 30 redis-cli -p "$port" --raw --latency -i 1)"
  stdbuf -oL redis-cli -p "$port" --stat >"$directory/stat" &
  background=$!
  await_line "stat" '^[0-9]+ +[0-9.]+[BKMG] +[0-9]+' "$directory/stat"
  stop_background
}

monitor_shows_commands() {
  redis-cli -p "$port" monitor >"$directory/monitor" &
  background=$!
  await_line "monitor begins" '^OK$' "$directory/monitor"
  cli set watched "a b" >/dev/null
  cli -n 3 get watched >/dev/null
  await_line "monitor shows the write" \
    '^[0-9]+\.[0-9]{6} \[0 127\.0\.0\.1:[0-9]+\] "set" "watched" "a b"$' "$directory/monitor"
  await_line "monitor shows the database" '\[3 127\.0\.0\.1:[0-9]+\] "get" "watched"$' \
    "$directory/monitor"
  stop_background
}

messages_reach_subscribers() {
  redis-cli -p "$port" subscribe news other >"$directory/subscriber" &
  background=$!
  await_equal "subscribed" $'news\n1' cli pubsub numsub news
  expect "receivers" 1 "$(cli publish news hello)"
  await_line "message" '^hello$' "$directory/subscriber"
  expect "order of what came" "subscribe news 1 subscribe other 2 message news hello " \
    "$(tr '\n' ' ' <"$directory/subscriber")"
  stop_background
  await_equal "the subscriber left" 0 cli publish news nobody
  redis-cli -p "$port" psubscribe 'n*s' >"$directory/subscriber" &
  background=$!
  await_equal "subscribed to a pattern" 1 cli pubsub numpat
  cli publish news again >/dev/null
  await_line "message by pattern" '^again$' "$directory/subscriber"
  stop_background
}

blocked_command_is_served() {
  cli del queue >/dev/null
  redis-cli -p "$port" blpop queue 0 >"$directory/blocked" &
  background=$!
  await_equal "one client waits" "blocked_clients:1" \
    bash -c "redis-cli -p $port info clients | tr -d '\r' | grep ^blocked_clients"
  cli rpush queue job >/dev/null
  await_line "served" '^job$' "$directory/blocked"
  stop_background
}

# What a person types into a raw connection.
plain_text_is_understood() {
  local line answer=
  exec 9<>"/dev/tcp/127.0.0.1/$port"
  printf 'SET inline "two words\\x21"\r\nGET inline\r\n\r\nSTRLEN inline\nQUIT\r\n' >&9
  while IFS= read -r -t 10 line <&9; do answer+="${line%$'\r'}|"; done
  exec 9<&-
  expect "inline commands" '+OK|$10|two words!|:10|+OK|' "$answer"
}

errors_are_told
commands_are_answered
resp3_is_spoken
many_commands_go_through_a_pipe
keys_are_walked
latency_and_statistics_are_shown
monitor_shows_commands
messages_reach_subscribers
blocked_command_is_served
plain_text_is_understood
exit $failed
