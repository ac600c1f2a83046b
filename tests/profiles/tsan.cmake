# ThreadSanitizer, with clang.
set(sanitizers "-fsanitize=thread -fno-omit-frame-pointer -O1 -g")
set(SESSIONS_BUILD_BENCHMARKS OFF CACHE BOOL "")
set(SESSIONS_BUILD_EXAMPLES OFF CACHE BOOL "")
include(${CMAKE_CURRENT_LIST_DIR}/checks.cmake)
set(CMAKE_BUILD_TYPE None CACHE STRING "")
set(CMAKE_C_COMPILER clang CACHE STRING "")
set(CMAKE_CXX_COMPILER clang++ CACHE STRING "")
