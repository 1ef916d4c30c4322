#!/usr/bin/env bash
# Kills stores under load, and looks whether they have what they acknowledged.
#
#   tests/crashes/run.sh            5 kills of each kind, seconds
#   tests/crashes/run.sh --long     100
#   tests/crashes/run.sh --program build/asan-ubsan/redstart --load build/asan-ubsan/tests/crashes/crash_load
set -eu
rounds=5
if [ "${1-}" = --long ]; then
  rounds=100
  shift
fi
exec python3 "$(dirname "$0")/crashes.py" --rounds $rounds "$@"
