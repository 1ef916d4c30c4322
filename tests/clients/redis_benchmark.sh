#!/usr/bin/env bash
# redis-benchmark runs all its tests without an error, with and without pipelining and threads.
#   tests/clients/redis_benchmark.sh PORT
set -u
port=$1
failed=0

run_benchmark() {  # tests it must have run, option...
  local tests=$1 output code=0
  shift
  output=$(timeout 60 redis-benchmark -p "$port" "$@" 2>&1) || code=$?
  local ran
  ran=$(tr '\r' '\n' <<<"$output" | grep -c 'requests per second')
  if [ $code != 0 ] || [ "$ran" != "$tests" ] || grep -qi 'error\|warning' <<<"$output"; then
    printf 'redis-benchmark %s: exit code %s, %s of %s tests:\n%s\n' "$*" "$code" "$ran" "$tests" "$output"
    failed=1
  fi
}

run_benchmark 20 -q -n 500
run_benchmark 20 -q -n 2000 -P 16 -c 20
run_benchmark 20 -q -n 2000 -P 16 -r 1000 --threads 2
run_benchmark 3 -q -n 2000 -P 16 -3 -t set,get,zadd -d 3000
run_benchmark 1 -q -n 500 -r 100 lpush list:__rand_int__ element
exit $failed
