include(${CMAKE_CURRENT_LIST_DIR}/FindThroughPkgConfig.cmake)
find_through_pkg_config(cares libcares ares.h cares)
