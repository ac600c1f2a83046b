#!/bin/sh
# in_directory.sh COMMAND...: runs it with a fresh directory in the place of every {}, which is removed afterwards. In
# memory where there is such a place: the kit asks for what a store does, not for what a disk keeps, and some stores wait
# for the disk at every commit.
set -eu
if [ -w /dev/shm ]; then
  directory=$(mktemp -d /dev/shm/sessions.XXXXXX)
else
  directory=$(mktemp -d)
fi
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
