#!/usr/bin/env bash
# Installs a build into a directory and builds examples/embed against it, outside the build tree.
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

output=$("$directory/build/embed" pear apple pear plum pear apple)
expected=$'3 pear\n2 apple\n1 plum'
if [ "$output" != "$expected" ]; then
  echo "the program printed: $output"
  exit 1
fi
"$directory/prefix/bin/redstart" version
