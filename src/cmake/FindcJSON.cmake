# Finds cJSON, through pkg-config where there is one. Gives the target cJSON::cJSON; cJSON_HAS_PKG_CONFIG tells whether
# pkg-config knows it. Installed with static builds, whose users need it as well.
find_package(PkgConfig QUIET)
if(PKG_CONFIG_FOUND)
  pkg_check_modules(PC_cJSON QUIET libcjson)
endif()
set(cJSON_HAS_PKG_CONFIG ${PC_cJSON_FOUND})

find_path(cJSON_INCLUDE_DIR cjson/cJSON.h HINTS ${PC_cJSON_INCLUDEDIR})
find_library(cJSON_LIBRARY cjson HINTS ${PC_cJSON_LIBDIR})
mark_as_advanced(cJSON_INCLUDE_DIR cJSON_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(cJSON REQUIRED_VARS cJSON_LIBRARY cJSON_INCLUDE_DIR
  VERSION_VAR PC_cJSON_VERSION)

if(cJSON_FOUND AND NOT TARGET cJSON::cJSON)
  add_library(cJSON::cJSON UNKNOWN IMPORTED)
  set_target_properties(cJSON::cJSON PROPERTIES
    IMPORTED_LOCATION ${cJSON_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${cJSON_INCLUDE_DIR})
endif()
