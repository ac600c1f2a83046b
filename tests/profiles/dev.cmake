# For daily work: quick to build, good to debug.
include(${CMAKE_CURRENT_LIST_DIR}/checks.cmake)
set(CMAKE_BUILD_TYPE Debug CACHE STRING "")
