# How libraries are found that have no find module: find_through_pkg_config(NAME MODULE HEADER LIBRARY), through
# pkg-config where there is one. Gives the target NAME::NAME; NAME_HAS_PKG_CONFIG tells whether pkg-config knows MODULE.
# Installed with static builds, whose users need it as well.
include(FindPackageHandleStandardArgs)

macro(find_through_pkg_config name module header library)
  find_package(PkgConfig QUIET)
  if(PKG_CONFIG_FOUND)
    pkg_check_modules(PC_${name} QUIET ${module})
  endif()
  set(${name}_HAS_PKG_CONFIG ${PC_${name}_FOUND})

  find_path(${name}_INCLUDE_DIR ${header} HINTS ${PC_${name}_INCLUDEDIR})
  find_library(${name}_LIBRARY ${library} HINTS ${PC_${name}_LIBDIR})
  mark_as_advanced(${name}_INCLUDE_DIR ${name}_LIBRARY)

  find_package_handle_standard_args(${name} REQUIRED_VARS ${name}_LIBRARY ${name}_INCLUDE_DIR
    VERSION_VAR PC_${name}_VERSION)

  if(${name}_FOUND AND NOT TARGET ${name}::${name})
    add_library(${name}::${name} UNKNOWN IMPORTED)
    set_target_properties(${name}::${name} PROPERTIES
      IMPORTED_LOCATION ${${name}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${${name}_INCLUDE_DIR})
  endif()
endmacro()
