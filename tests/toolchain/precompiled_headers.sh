#!/usr/bin/env bash
# Is a precompiled header made anew when what it includes has changed, although the compiler is called through ccache?
# Compiles a program with one as the build does, changes a header to and fro, and asks the program each time which text
# it was made of.
set -euo pipefail
launcher=$(cd "$(dirname "$0")/../.." && pwd)/cmake/ccache.sh
ccache=$(command -v ccache) || { echo "ccache is not installed"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
export CCACHE_DIR=$folder/cache

echo '#include "value.h"' >pch.hxx
touch pch.cxx
echo 'int main() { return kValue; }' >main.cc

# Builds with a text in the header and expects the program to tell it.
expect_value() {  # value
  echo "constexpr int kValue = $1;" >value.h
  "$launcher" "$ccache" g++ -fpch-preprocess -x c++-header -include "$folder/pch.hxx" \
    -MD -MT pch.hxx.gch -MF pch.hxx.gch.d -o "$folder/pch.hxx.gch" -c "$folder/pch.cxx"
  "$launcher" "$ccache" g++ -fpch-preprocess -Winvalid-pch -include "$folder/pch.hxx" \
    -MD -MT main.o -MF main.o.d -o main.o -c "$folder/main.cc"
  g++ -o main main.o
  local value=0
  ./main || value=$?
  [ "$value" = "$1" ] || { echo "the program was made with $value, the header says $1"; exit 1; }
}

for value in 1 2; do expect_value $value; done
rm -f -- *.gch*  # A fresh build: the header of the first text is the one that had been replaced by the second.
for value in 1 3 1 2; do expect_value $value; done
hits=$(ccache --print-stats |
  awk '$1 == "direct_cache_hit" || $1 == "preprocessed_cache_hit" { n += $2 } END { print n }')
[ "$hits" -ge 2 ] || { echo "texts that had been compiled before were not found in the cache"; exit 1; }
