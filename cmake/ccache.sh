#!/usr/bin/env bash
# The compiler's launcher: ccache, made right for precompiled headers. Usage: ccache.sh CCACHE COMPILER ARGUMENT...
#
# Making a precompiled header means including the header that it replaces, and ccache takes the old file beside it for
# what is included: the key does not change with the sources, and a stale header comes back from the cache. So headers
# are always compiled. What stands for one in the keys of those that use it is a checksum of its sources and options,
# because two compilations of the same header differ in their bytes.
#
# Other clones of the project find what this one has compiled: no path of the project's root is part of a key.
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
ccache=$1
shift

# Writes the checksum of what a header was made of to header.sum, where CCACHE_PCH_EXTSUM has ccache look for it.
note_sources() {  # header dependencies command...
  local header=$1 dependencies=$2
  shift 2
  {
    echo "${*//"$root"/}"
    sed -e 's/^[^:]*://' -e 's/\\$//' "$dependencies" | tr ' ' '\n' | sed '/^$/d' | xargs cat
  } | sha1sum >"$header.sum"
}

output= dependencies= previous=
for word in "$@"; do
  case $previous in
    -o) output=$word ;;
    -MF) dependencies=$word ;;
  esac
  previous=$word
done

# Without these, ccache keeps nothing that uses a precompiled header.
export CCACHE_SLOPPINESS=pch_defines,time_macros CCACHE_PCH_EXTSUM=1
export CCACHE_BASEDIR=$root CCACHE_NOHASHDIR=1
case $output in
  *.gch)
    rm -f "$output.sum"
    "$@"
    note_sources "$output" "$dependencies" "$@"
    ;;
  *) exec "$ccache" "$@" ;;
esac
