#!/bin/sh
# Records the exported functions and the ABI as they are now, from a release build.
set -eu
cd "$(dirname "$0")/../.."
cmake -S . -B build/release -C tests/profiles/release.cmake >/dev/null
cmake --build build/release --target sessions
python3 tests/abi/symbols.py --update
sh tests/abi/dump.sh build/release/libsessions.so >build/sessions.abi
mv build/sessions.abi tests/abi/sessions.abi
git --no-pager diff --stat -- tests/abi
