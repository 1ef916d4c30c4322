# What ./run and ./test share: installs Debian packages and builds presets, silent unless something
# fails. Sourced by bash, in the project's root.

build_packages=(g++ cmake ninja-build ccache libxxhash-dev liblzf-dev libssl-dev liblua5.1-0-dev lua-cjson-dev
                lua-bitop-dev libzstd-dev liblz4-dev zlib1g-dev libmsgpack-cxx-dev nlohmann-json3-dev)
test_packages=(libgtest-dev libabsl-dev libhiredis-dev redis-server redis-tools openssl pkg-config python3 python3-redis
               postgresql libpq-dev libsqlite3-dev)

# Runs a command; shows what it printed only when it fails.
quietly() {
  local log
  log=$(mktemp)
  if ! "$@" >"$log" 2>&1 </dev/null; then
    cat "$log" >&2
    rm -f "$log"
    echo "failed: $*" >&2
    return 1
  fi
  rm -f "$log"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo "$@"; fi
}

install_packages() {  # package...
  local missing=() package
  for package in "$@"; do
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      missing+=("$package")
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  echo "installing: ${missing[*]}" >&2
  # Debian would start a Redis of its own, on the port that `redstart serve` uses.
  local policy=/usr/sbin/policy-rc.d own_policy=
  if [ ! -e $policy ]; then
    own_policy=$policy
    printf '#!/bin/sh\nexit 101\n' | as_root tee $policy >/dev/null
    as_root chmod +x $policy
  fi
  local failed=
  quietly as_root apt-get update &&
    quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
      "${missing[@]}" || failed=yes
  [ -z "$own_policy" ] || as_root rm -f "$own_policy"
  [ -z "$failed" ]
}

# Looks for missing packages and configures, when the preset was not configured with them before.
prepare() {  # preset package...
  local preset=$1 stamp=build/$1/prepared package missing=
  shift
  for package in "$@"; do
    grep -qsx "$package" "$stamp" || missing=yes
  done
  [ -n "$missing" ] || return 0
  install_packages "$@"
  quietly cmake --preset "$preset"
  printf '%s\n' "$@" >>"$stamp"
}

build() {  # preset target...
  local preset=$1
  shift
  [ -e build/"$preset"/.ninja_log ] ||
    echo "building build/$preset; the first time takes some minutes" >&2
  quietly ninja -C build/"$preset" "$@"
}
