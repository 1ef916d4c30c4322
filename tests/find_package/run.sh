#!/usr/bin/env bash
# Installs a build into a directory and builds examples/embed against it, outside the build tree: with CMake, and with
# nothing but pkg-config.
#   tests/find_package/run.sh build/release
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
build=$(cd "$1" && pwd)
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT

cmake --install "$build" --prefix "$directory/prefix"
cp -r "$root/examples/embed" "$directory/source"
cmake -S "$directory/source" -B "$directory/build" -G Ninja -DCMAKE_BUILD_TYPE=Release \
  -DCMAKE_PREFIX_PATH="$directory/prefix"
cmake --build "$directory/build"

pc=$(find "$directory/prefix" -name redstart.pc)
# shellcheck disable=SC2046
g++ -std=c++23 "$directory/source/embed.cc" $(PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags --libs redstart) \
  -o "$directory/without_cmake"

expected=$'3 pear\n2 apple\n1 plum'
for program in "$directory/build/embed" "$directory/without_cmake"; do
  output=$("$program" pear apple pear plum pear apple)
  if [ "$output" != "$expected" ]; then
    echo "$program printed: $output"
    exit 1
  fi
done
"$directory/prefix/bin/redstart" version
