include(CheckCXXSourceCompiles)

function(sessions_linker_takes flag result)
  set(CMAKE_REQUIRED_LINK_OPTIONS ${flag})
  set(CMAKE_REQUIRED_QUIET ON)
  check_cxx_source_compiles("int main() { return 0; }" ${result})
endfunction()

# Exports what the version script says and nothing else. Hidden visibility alone is not enough: templates of the
# standard library would be exported, and keep the library from being unloaded.
function(sessions_link_strictly target version_script)
  sessions_linker_takes("-Wl,--version-script=${version_script}" SESSIONS_HAS_VERSION_SCRIPT)
  if(SESSIONS_HAS_VERSION_SCRIPT)
    target_link_options(${target} PRIVATE "-Wl,--version-script=${version_script}")
    set_property(TARGET ${target} APPEND PROPERTY LINK_DEPENDS ${version_script})
  endif()

  # Symbols of static libraries under this one stay inside.
  sessions_linker_takes("-Wl,--exclude-libs,ALL" SESSIONS_HAS_EXCLUDE_LIBS)
  if(SESSIONS_HAS_EXCLUDE_LIBS)
    target_link_options(${target} PRIVATE "-Wl,--exclude-libs,ALL")
  endif()

  # A sanitizer's symbols are missing on purpose: they are in the executable.
  sessions_linker_takes("-Wl,-z,defs" SESSIONS_HAS_Z_DEFS)
  if(SESSIONS_HAS_Z_DEFS AND NOT CMAKE_CXX_FLAGS MATCHES "-fsanitize")
    target_link_options(${target} PRIVATE "-Wl,-z,defs")
  endif()
endfunction()
