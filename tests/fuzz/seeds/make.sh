#!/usr/bin/env bash
# Makes the seeds anew: small files of a redis-server (7.0.15 made these), each type in each of its encodings.
#
#   tests/fuzz/seeds/make.sh
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
port=$(python3 -c 'import socket
with socket.create_server(("127.0.0.1", 0)) as server: print(server.getsockname()[1])')
redis-server --port "$port" --dir "$work" --save '' --hash-max-listpack-entries 3 --set-max-intset-entries 3 \
  --zset-max-listpack-entries 3 --list-max-listpack-size 3 --stream-node-max-entries 3 >"$work/log" &
pid=$!
trap 'kill $pid; wait; rm -rf "$work"' EXIT
cli() { redis-cli -p "$port" "$@" >/dev/null; }
until cli ping 2>/dev/null; do sleep 0.1; done

keep() {  # name
  cli save
  cp "$work/dump.rdb" "$1.rdb"
  cli flushall
  cli function flush
}

long=$(printf 'a%.0s' $(seq 100))
cli set text value
cli set number 12345
cli set negative -70000
cli set long "$long"
cli set due value px 1000000000
cli -n 3 set elsewhere value
keep strings

cli rpush short a 1 "$long"
cli rpush long 1 2 3 4 5 a b c d e f g
keep lists

cli hset packed f v 1 2
cli hset table a 1 b 2 c 3 d 4 e "$long"
keep hashes

cli sadd integers 1 2 300
cli sadd wide 1 70000 10000000000
cli sadd table a b c d 5
keep sets

cli zadd packed 1 a 2.5 b
cli zadd table 1 a -inf b inf c 1e100 d 3 e
keep zsets

for i in 1 2 3 4 5; do cli xadd log "$i-1" f v g "$i"; done
cli xadd log 9-9 other "$long"
cli xdel log 3-1
cli xgroup create log readers 0
cli xreadgroup group readers one count 3 streams log '>'
cli xgroup createconsumer log readers two
cli xadd emptied 1-1 f v
cli xdel emptied 1-1
keep streams

cli function load '#!lua name=library
redis.register_function("f", function() return 1 end)'
cli config set maxmemory-policy allkeys-lfu
cli set a 1
keep functions

cli config set aof-use-rdb-preamble no
cli config set appendonly yes
for command in 'set a 1' 'set b 2 px 1000000000' 'rpush l 1 2 3' 'hset h f v' 'sadd s a b c' 'spop s 2' 'zadd z 1 a' \
  'xadd x 1-1 f v' 'xgroup create x g 0' 'xreadgroup group g c streams x >' 'incrby n 5' 'setrange r 3 x' \
  'eval redis.call("set","e","1");redis.call("incr","e") 0' 'del a' 'select 1'; do
  # shellcheck disable=SC2086
  cli $command
done
cli -n 2 append t more
cp "$work"/appendonlydir/appendonly.aof.*.incr.aof commands.aof
cp "$work"/appendonlydir/appendonly.aof.manifest manifest
