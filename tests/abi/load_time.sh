#!/bin/sh
# Loading the library runs no code of ours, unloading it neither, and nothing keeps it from being unloaded.
set -eu
: "${SESSIONS_LIBRARY:?the path of libsessions.so}"
status=0

complain() {
  echo "$1" >&2
  status=1
}

if nm "$SESSIONS_LIBRARY" | grep -E '_GLOBAL__sub_I|__cxx_global_var_init|__static_initialization'; then
  complain "^ static initialisers: make these constexpr, constinit or local"
fi
# One entry is the compiler's own.
size=$(readelf --section-headers --wide "$SESSIONS_LIBRARY" | sed -n 's/.* \.init_array  *[A-Z_]*  *[0-9a-f]*  *[0-9a-f]*  *\([0-9a-f]*\) .*/\1/p')
[ "$((0x${size:-0}))" -le 8 ] || complain ".init_array holds more than the compiler's own entry"

if nm --dynamic --undefined-only "$SESSIONS_LIBRARY" | grep -E '\b(__cxa_)?(thread_)?atexit'; then
  complain "^ something of ours is registered to run at exit: no static object may have a destructor"
fi
if nm --dynamic --defined-only "$SESSIONS_LIBRARY" | grep ' [uV] '; then
  complain "^ unique symbols: they keep the library from being unloaded"
fi
if readelf --dynamic "$SESSIONS_LIBRARY" | grep -E 'NODELETE|TEXTREL|RPATH|RUNPATH'; then
  complain "^ flags that a shared library must not have"
fi
exit $status
