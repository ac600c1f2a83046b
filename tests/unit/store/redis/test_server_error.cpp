#include <store/redis/server_error.hpp>
#include <string>
#include <utility>
#include <vector>

#include "../../../support/catch.hpp"

using namespace sessions;
using store::redis::server_error;

TEST_CASE("each error of a server has its status") {
  for (const auto& [reply, status] : std::vector<std::pair<std::string, Status>>{
           {"NOAUTH Authentication required.", Status::unavailable},
           {"WRONGPASS invalid username-password pair or user is disabled.", Status::unavailable},
           {"NOPERM this user has no permissions to run the 'evalsha' command", Status::unavailable},
           {"OOM command not allowed when used memory > 'maxmemory'. script: 0a1b, on @user_script:3.", Status::full},
           {"READONLY You can't write against a read only replica.", Status::read_only},
           {"MISCONF Redis is configured to save RDB snapshots", Status::unavailable},
           {"NOREPLICAS Not enough good replicas to write.", Status::unavailable},
           {"LOADING Redis is loading the dataset in memory", Status::unavailable},
           {"MASTERDOWN Link with MASTER is down", Status::unavailable},
           {"CLUSTERDOWN Hash slot not served", Status::unavailable},
           {"TRYAGAIN Multiple keys request during rehashing of slot", Status::unavailable},
           {"BUSY Redis is busy running a script. You can only call SCRIPT KILL", Status::busy},
           {"WRONGTYPE Operation against a key holding the wrong kind of value", Status::corrupt},
           {"ERR Error running script (call to f_0a1b): @user_script:1: WRONGTYPE Operation against a key",
            Status::corrupt},
           {"ERR Error running script (call to f_0a1b): @user_script: 9: -OOM command not allowed", Status::full},
           {"ERR Error running script (call to f_0a1b): @user_script: 1: @user_script: 1: -READONLY You can't write",
            Status::read_only},
           {"ERR Error running script (call to f_0a1b): @user_script:1: user_script:1: attempt to index",
            Status::internal},
           {"ERR The user executing the script can't run this command or subcommand script: 0a1b, on @user_script:1.",
            Status::unavailable},
           {"ERR Error running script (call to f_0a1b): @user_script:1: @user_script: 1: The user executing the script "
            "can't access at least one of the keys mentioned in the command arguments",
            Status::unavailable},
           {"ERR ACL failure in script: No permissions to access a key script: on @user_script:1.",
            Status::unavailable},
           {"ERR unknown command", Status::internal},
           {"ERR Unknown Redis command called from script script: 0a1b, on @user_script:1.", Status::unavailable},
           {"ERR Error running script (call to f_0a1b): @user_script:1: @user_script: 1: Unknown Redis command called "
            "from Lua script",
            Status::unavailable},
           {"ERR Unknown command called from script script: on @user_script:1.", Status::unavailable},
           {"MOVED 3999 127.0.0.1:6381", Status::unavailable},
           {"ASK 3999 127.0.0.1:6381", Status::unavailable},
           {"CROSSSLOT Keys in request don't hash to the same slot", Status::unavailable},
           {"BUSYKEY Target key name already exists.", Status::internal},
           {"", Status::internal},
           {"session:{secret} is wrong", Status::internal}}) {
    INFO(reply);
    CHECK(server_error(reply).status == status);
  }
}

TEST_CASE("a message repeats nothing of the reply but its code") {
  CHECK(server_error("BUSYKEY 127.0.0.1:6381").message == "the Redis server refused a command with BUSYKEY");
  for (const char* const reply : {"session:{secret} is wrong", "SECRET-in-words x", "secret", "",
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFGHIJKLMNOPQRSTUVWXYZ x"}) {
    CHECK(server_error(reply).message == "the Redis server refused a command");
  }
}
