#!/bin/sh
# dump.sh LIBRARY: prints the ABI of a library built with debug information, the same on every machine and in every
# directory: the functions of the public headers and the types they use, nothing private.
set -eu
abidw --headers-dir "$(dirname "$0")/../../include" --drop-private-types --exported-interfaces-only \
  --no-architecture --no-corpus-path --no-comp-dir-path --no-show-locs --no-elf-needed --no-write-default-sizes \
  --type-id-style hash "$1" | sed "s| path='[^']*/src/| path='src/|"
