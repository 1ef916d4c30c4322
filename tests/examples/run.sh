#!/usr/bin/env bash
# Runs every example that takes a URL, in the process, against a server of its own, and on a cluster of one node if
# there is a redis-server. Each must end well and say something.
#   tests/examples/run.sh build/release [NAME]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$(cd "$1" && pwd)
. tests/servers.sh
start_server redstart "$build/redstart" serve --port {port} --save '' --dir "$directory"
urls=(memory: "redis://127.0.0.1:$port")
if command -v redis-server >/dev/null; then
  start_server cluster redis-server --port {port} --save '' --cluster-enabled yes --cluster-config-file nodes.conf
  redis-cli -p "$port" cluster addslotsrange 0 16383 >/dev/null
  until redis-cli -p "$port" cluster info | grep -q cluster_state:ok; do sleep 0.05; done
  urls+=("redis-cluster://127.0.0.1:$port")
fi

failed=0
for folder in examples/*/; do
  name=$(basename "$folder")
  # embed is built by tests/find_package; debian-catalog reads what this machine may not have.
  case $name in embed | debian-catalog) continue ;; esac
  [ -z "${2-}" ] || [ "$2" = "$name" ] || continue
  for url in "${urls[@]}"; do
    echo "--- $name $url"
    if ! "$build/examples/$name/$name" "$url" >"$directory/output" 2>&1 || [ ! -s "$directory/output" ]; then
      echo "FAILED: $name $url"
      failed=1
    fi
    cat "$directory/output"
  done
done
exit $failed
