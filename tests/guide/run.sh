#!/usr/bin/env bash
# Runs the samples of the documentation, against a server of their own where they ask for one.
#   tests/guide/run.sh build/release [PART OF page:line]
set -euo pipefail
build=$(cd "$1" && pwd)
. "$(dirname "$0")/../servers.sh"
start_server redstart "$build/redstart" serve --port {port} --save '' --dir "$directory" \
  --unixsocket "$directory/socket"
export REDSTART_SAMPLE_ADDRESS=127.0.0.1:$port REDSTART_SAMPLE_SOCKET=$directory/socket
export REDSTART_SAMPLE_DIRECTORY=file:$directory

"$build/tests/guide/guide_samples" "${2-}"
[ -z "${2-}" ] || exit 0
for source in "$build"/generated/guide/program_*.cc; do
  program=$build/tests/guide/$(basename "$source" .cc)
  echo "--- $(sed -n 's/^#line \([0-9]*\) "\(.*\)"/\2:\1/p' "$source")"
  "$program"
done
