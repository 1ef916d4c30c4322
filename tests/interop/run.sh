#!/usr/bin/env bash
# Values and files travel between redis-server and Redstart and arrive as they were.
#
#   tests/interop/run.sh            a few rounds, seconds
#   tests/interop/run.sh --long     many
set -u
cd "$(dirname "$0")"
rounds=8
[ "${1-}" != --long ] || rounds=500
for python in python3 /usr/bin/python3; do
  if "$python" -c 'import redis' 2>/dev/null; then
    exec "$python" payloads.py --rounds $rounds
  fi
done
echo "no python3 here has the module redis (Debian: python3-redis)"
exit 77
