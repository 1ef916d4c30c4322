#!/usr/bin/env bash
# Runs every example that takes a URL, in the process and against a server of its own. Each must end well and say
# something.
#   tests/examples/run.sh build/release [NAME]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(cd "$1" && pwd)
. tests/servers.sh
start_server redstart "$build/redstart" serve --port {port} --save '' --dir "$directory"

failed=0
for folder in examples/*/; do
  name=$(basename "$folder")
  # embed is built by tests/find_package; debian-catalog reads what this machine may not have.
  case $name in embed | debian-catalog) continue ;; esac
  [ -z "${2-}" ] || [ "$2" = "$name" ] || continue
  for url in memory: "redis://127.0.0.1:$port"; do
    echo "--- $name $url"
    if ! "$build/examples/$name/$name" "$url" >"$directory/output" 2>&1 || [ ! -s "$directory/output" ]; then
      echo "FAILED: $name $url"
      failed=1
    fi
    cat "$directory/output"
  done
done
exit $failed
