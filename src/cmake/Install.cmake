# Where everything goes. Install directories may be relative to the prefix or absolute.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/sessions)
target_include_directories(sessions INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
install(TARGETS sessions EXPORT sessionsTargets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT sessions_runtime
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sessions_runtime NAMELINK_COMPONENT sessions_development
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT sessions_development)
install(FILES include/sessions.h include/sessions.hpp DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sessions_development)
install(DIRECTORY include/sessions DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT sessions_development
  FILES_MATCHING PATTERN "*.h" PATTERN "*.hpp")

# ---- find_package(sessions) ----

install(EXPORT sessionsTargets NAMESPACE sessions:: DESTINATION ${package_dir} COMPONENT sessions_development)
configure_package_config_file(src/cmake/sessionsConfig.cmake.in sessionsConfig.cmake
  INSTALL_DESTINATION ${package_dir} NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(sessionsConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sessionsConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/sessionsConfigVersion.cmake
  DESTINATION ${package_dir} COMPONENT sessions_development)
if(NOT BUILD_SHARED_LIBS)
  install(FILES src/cmake/FindThroughPkgConfig.cmake src/cmake/FindcJSON.cmake src/cmake/Findcares.cmake
    src/cmake/Findhiredis.cmake DESTINATION ${package_dir} COMPONENT sessions_development)
endif()

# ---- pkg-config ----

function(sessions_pc_dir directory result)
  if(IS_ABSOLUTE ${directory})
    set(${result} ${directory} PARENT_SCOPE)
  else()
    set(${result} "\${prefix}/${directory}" PARENT_SCOPE)
  endif()
endfunction()
sessions_pc_dir(${CMAKE_INSTALL_LIBDIR} pc_libdir)
sessions_pc_dir(${CMAKE_INSTALL_INCLUDEDIR} pc_includedir)

list(TRANSFORM cxx_runtime PREPEND "-l" OUTPUT_VARIABLE pc_libs_private)
list(APPEND pc_libs_private -pthread)
set(pc_requires_private "libcrypto >= 3.0")

# Adds a library, through its pkg-config module where there is one.
function(sessions_pc_require name module library)
  if(${name}_HAS_PKG_CONFIG)
    set(pc_requires_private "${pc_requires_private}, ${module}" PARENT_SCOPE)
  else()
    list(PREPEND pc_libs_private -l${library})
    set(pc_libs_private "${pc_libs_private}" PARENT_SCOPE)
  endif()
endfunction()

sessions_pc_require(cJSON libcjson cjson)
if(SESSIONS_WITH_SQLITE)
  string(APPEND pc_requires_private ", sqlite3 >= 3.31")
endif()
if(SESSIONS_WITH_REDIS)
  string(APPEND pc_requires_private ", libssl >= 3.0")
  sessions_pc_require(hiredis hiredis hiredis)
  sessions_pc_require(cares libcares cares)
endif()
list(JOIN pc_libs_private " " pc_libs_private)

# `cmake --install --prefix` names the prefix later than this, perhaps relative to where it runs.
set(pc_prefix "@prefix@")
configure_file(sessions.pc.in sessions.pc.in @ONLY)
install(CODE "set(prefix \"\${CMAKE_INSTALL_PREFIX}\")
  if(prefix AND NOT IS_ABSOLUTE \"\${prefix}\")
    get_filename_component(prefix \"\${prefix}\" ABSOLUTE)
  endif()
  configure_file(\"${CMAKE_CURRENT_BINARY_DIR}/sessions.pc.in\" \"${CMAKE_CURRENT_BINARY_DIR}/sessions.pc\" @ONLY)"
  COMPONENT sessions_development)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/sessions.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig
  COMPONENT sessions_development)
