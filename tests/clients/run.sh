#!/usr/bin/env bash
# Drives a server with the clients that people use, as they use them, each against a fresh server.
#
#   tests/clients/run.sh                        build/release/redstart, all clients
#   tests/clients/run.sh PROGRAM                another build of redstart
#   tests/clients/run.sh PROGRAM redis_py ...   only these: redis_cli redis_benchmark redis_py hiredis
#                                               ioredis node_redis
# Quiet on success. Exit code 0: all passed; 1: something failed; 77: nothing failed, but a client was
# skipped because it is not to be had here.
set -u
here=$(cd "$(dirname "$0")" && pwd)
program=$(realpath "${1:-$here/../../build/release/redstart}")
[ $# -gt 0 ] && shift
clients=${*:-redis_cli redis_benchmark redis_py hiredis ioredis node_redis}
. "$here/../servers.sh"

# The first Python that has redis-py.
python_with_redis() {
  local python
  for python in python3 /usr/bin/python3; do
    "$python" -c 'import redis' 2>/dev/null && echo "$python" && return 0
  done
  return 1
}

install_npm_package() {  # name@version
  command -v node >/dev/null && command -v npm >/dev/null || return 1
  (cd "$directory" && timeout 120 npm install --no-audit --no-fund --loglevel=error \
    --prefix "$directory" "$1") >"$directory/npm.log" 2>&1
}

build_hiredis() {
  cc -Wall -Wextra -O1 -o "$directory/hiredis" "$here/hiredis.c" -lhiredis >"$directory/cc.log" 2>&1
}

failed=0
skipped=0
skip() {  # client, why
  echo "skipped: $1: $2"
  skipped=1
}

run_client() {  # client, command...
  local client=$1 code=0
  shift
  start_server "$client" "$program" serve --port {port} --dir "$directory"
  timeout 120 "$@" "$port" >"$directory/$client.out" 2>&1 || code=$?
  if ! answers "$port"; then
    echo "FAILED: $client: the server does not answer any more; the end of its output:"
    tail -40 "$directory/$client.log"
    failed=1
  fi
  if [ $code != 0 ]; then
    echo "FAILED: $client (exit code $code):"
    cat "$directory/$client.out"
    failed=1
  fi
  stop_server "$client"
}

for client in $clients; do
  case $client in
    redis_cli | redis_benchmark) run_client "$client" "$here/$client.sh" ;;
    redis_py)
      if python=$(python_with_redis); then
        run_client redis_py "$python" "$here/redis_py.py"
      else
        skip redis_py "no python3 here has the module redis (Debian: python3-redis)"
      fi
      ;;
    hiredis)
      if [ ! -e /usr/include/hiredis/hiredis.h ]; then
        skip hiredis "its headers are not here (Debian: libhiredis-dev)"
      elif build_hiredis; then
        run_client hiredis "$directory/hiredis"
      else
        echo "FAILED: hiredis: its program does not compile:"
        cat "$directory/cc.log"
        failed=1
      fi
      ;;
    ioredis | node_redis)
      package=ioredis@5
      [ $client = node_redis ] && package=redis@5
      if install_npm_package $package; then
        run_client $client env NODE_PATH="$directory/node_modules" node "$here/$client.js"
      else
        skip $client "npm is missing, or could not install $package: $(
          tail -1 "$directory/npm.log" 2>/dev/null)"
      fi
      ;;
    *) echo "clients: there is no client '$client'"; exit 2 ;;
  esac
done
[ $failed = 0 ] || exit 1
[ $skipped = 0 ] || exit 77
