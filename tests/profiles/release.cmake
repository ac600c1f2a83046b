# What users get, with debug information for valgrind and libabigail.
include(${CMAKE_CURRENT_LIST_DIR}/checks.cmake)
set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "")
set(CMAKE_C_COMPILER gcc CACHE STRING "")
set(CMAKE_CXX_COMPILER g++ CACHE STRING "")
