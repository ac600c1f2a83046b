// For packages of Catch2 that have no library with a main().
#define CATCH_CONFIG_MAIN
#include <catch2/catch.hpp>
