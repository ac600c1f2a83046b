#!/bin/sh
# in_directory.sh COMMAND...: runs it with a fresh directory in the place of every {}, which is removed afterwards.
set -eu
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
count=$#
while [ "$count" -gt 0 ]; do
  word=$1
  shift
  case $word in
    *"{}"*) word=${word%%"{}"*}$directory${word#*"{}"} ;;
  esac
  set -- "$@" "$word"
  count=$((count - 1))
done
"$@"
