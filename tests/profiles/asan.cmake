# AddressSanitizer and UndefinedBehaviorSanitizer, with clang; without the two checks that C programs cannot be linked with.
set(sanitizers "-fsanitize=address,undefined -fno-sanitize=vptr,function -fno-sanitize-recover=all -fno-omit-frame-pointer -O1 -g")
include(${CMAKE_CURRENT_LIST_DIR}/checks.cmake)
set(CMAKE_BUILD_TYPE None CACHE STRING "")
set(CMAKE_C_COMPILER clang CACHE STRING "")
set(CMAKE_CXX_COMPILER clang++ CACHE STRING "")
