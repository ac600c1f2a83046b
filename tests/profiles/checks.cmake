# What the profiles of the tests share: everything is built, and nothing may warn.
set(warnings "-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror")
set(CMAKE_C_FLAGS "${warnings} ${sanitizers}" CACHE STRING "")
set(CMAKE_CXX_FLAGS "${warnings} ${sanitizers}" CACHE STRING "")
set(CMAKE_EXPORT_COMPILE_COMMANDS ON CACHE BOOL "")
set(SESSIONS_BUILD_TESTS ON CACHE BOOL "")
set(SESSIONS_BUILD_BENCHMARKS ON CACHE BOOL "")
set(SESSIONS_BUILD_EXAMPLES ON CACHE BOOL "")

find_program(CCACHE ccache)
if(CCACHE)
  set(CMAKE_C_COMPILER_LAUNCHER ${CCACHE} CACHE STRING "")
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE} CACHE STRING "")
endif()
