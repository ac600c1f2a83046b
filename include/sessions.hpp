// libsessions for C++17, over the C ABI of <sessions.h>: header-only, nothing else to link.
//
//   auto backend = sessions::Backend::open("sqlite:/var/lib/app/sessions.db").value_or_throw();
//   auto config = sessions::Config::make().value_or_throw();
//   auto manager = sessions::Manager::make(backend, config).value_or_throw();
//
//   auto session = manager.load(cookie_header).value_or_throw();               for each request
//   const int visits = session.get<int>("visits").value_or_throw().value_or(0);
//   session.set("visits", visits + 1).value_or_throw();
//   session.commit().value_or_throw();
//   for (std::string_view line : session.cookie_lines()) add_header("Set-Cookie", line);
//
// What a function means, and which statuses it may end with, stands at its namesake in the C headers; here stands what
// C++ adds.
//
//   Handles     Backend, Config, Manager, Session and Queue own what their C handles stand for, and free it.
//               They can be moved and not copied. One that was moved from may be assigned to or destroyed; everything
//               else that it is asked fails with Status::invalid, or answers as for an empty session. handle() lends
//               the C handle to functions of C, release() gives it away. They may end in any order.
//   Const       Const functions are those that take their handle const in C, and threads follow the C rules: backends
//               and managers are shared freely, the others are used by one thread at a time.
//   Errors      Functions that can fail return a Result: a value or an Error, with a status, its category and a message
//               that says what to do. value_or_throw() throws Exception; nothing else in these headers throws by
//               itself. What a host's own types throw in the host's own calls, such as std::bad_alloc of a std::string
//               that was asked for, comes through.
//   Missing     A missing key is no error: reading gives a std::optional without a value.
//   Views       A std::string_view that a session gives belongs to that session, and is good until the session is
//               assigned to, destroyed or changed: until the next call of a function that is not const. Moving the
//               handle keeps it good. What gives views cannot be called on a temporary session. Views end with a NUL.
//               Inputs are copied before a call returns.
//   Callbacks   Are any callable or object of the host's; they are moved in, and destroyed when the library will never
//               use them again. Exceptions stop at the border: what then counts is said at each.
//   Waiting     Calls that take a Queue do not wait, see <sessions/queue.hpp>; in C++20 they can be co_awaited.
//   Build       Works with -fno-exceptions, without Exception and value_or_throw(), and with -fno-rtti.
#pragma once

#include <sessions.h>

#include <sessions/backend.hpp>
#include <sessions/config.hpp>
#include <sessions/custom.hpp>
#include <sessions/error.hpp>
#include <sessions/manager.hpp>
#include <sessions/queue.hpp>
#include <sessions/result.hpp>
#include <sessions/session.hpp>
