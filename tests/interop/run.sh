#!/usr/bin/env bash
# Values and files travel between redis-server and Redstart and arrive as they were.
#
#   tests/interop/run.sh            a few rounds, a minute or two
#   tests/interop/run.sh --long     many
set -u
cd "$(dirname "$0")"
rounds=8
file_rounds=1
if [ "${1-}" = --long ]; then
  rounds=500
  file_rounds=50
fi
for python in python3 /usr/bin/python3; do
  if "$python" -c 'import redis' 2>/dev/null; then
    "$python" payloads.py --rounds $rounds && "$python" old_snapshots.py &&
      exec "$python" files.py --rounds $file_rounds --groups
    exit
  fi
done
echo "no python3 here has the module redis (Debian: python3-redis)"
exit 77
