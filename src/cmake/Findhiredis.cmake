include(${CMAKE_CURRENT_LIST_DIR}/FindThroughPkgConfig.cmake)
find_through_pkg_config(hiredis hiredis hiredis/read.h hiredis)
