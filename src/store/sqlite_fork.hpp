// Being told of a fork before it happens.
#pragma once

#include <functional>

namespace sessions::store {

// SQLite keeps in one place for the whole process which locks it holds on which file. A fork's child inherits the notes
// but not the locks: a connection that it opens to a file that its parent has open believes itself protected by locks
// that are not there, and the log can be truncated or deleted under it. So every connection is closed before a fork;
// parent and child open their own again. Abandoning the connections in the child would not do, and closing them there
// would meet SQLite in whatever state another thread had left it.
class SqliteFork {
 public:
  // `before` closes all that is open, and sees to it that nothing is opened until `after`, which is called in the
  // parent only: the child must not use what it inherits, see PerProcess.
  SqliteFork(std::function<void()> before, std::function<void()> after);
  SqliteFork(const SqliteFork&) = delete;
  SqliteFork& operator=(const SqliteFork&) = delete;
  SqliteFork(SqliteFork&&) = delete;
  SqliteFork& operator=(SqliteFork&&) = delete;
  ~SqliteFork();

 private:
  static void prepare();
  static void parent();
  static void child();

  std::function<void()> before_;
  std::function<void()> after_;
  SqliteFork* previous_ = nullptr;
  SqliteFork* next_ = nullptr;
};

}  // namespace sessions::store
