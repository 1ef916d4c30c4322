# Sourced by the bash scripts that test servers: starts them on free ports, in one directory that goes with the script.

directory=$(mktemp -d)
declare -A server_pids=()

free_port() {
  python3 -c 'import socket
with socket.create_server(("127.0.0.1", 0)) as server: print(server.getsockname()[1])'
}

answers() {  # port
  redis-cli -p "$1" ping 2>/dev/null | grep -q PONG
}

# Starts a command, in which {port} stands for the port, and waits until it answers; its output goes to
# $directory/NAME.log, its port into $port. Without an answer the script ends with code 2.
start_server() {  # name, command...
  local name=$1 log=$directory/$1.log
  shift
  port=$(free_port)
  (cd "$directory" && exec "${@//\{port\}/$port}") >"$log" 2>&1 &
  server_pids[$name]=$!
  for _ in $(seq 400); do
    ! answers "$port" || return 0
    kill -0 "${server_pids[$name]}" 2>/dev/null || break
    sleep 0.05
  done
  echo "$0: $name does not answer on port $port:"
  tail -40 "$log"
  exit 2
}

stop_server() {  # name
  local pid=${server_pids[$1]-}
  [ -n "$pid" ] || return 0
  unset "server_pids[$1]"
  kill "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

stop_servers() {
  local name
  for name in "${!server_pids[@]}"; do stop_server "$name"; done
  rm -rf "$directory"
}
trap stop_servers EXIT
