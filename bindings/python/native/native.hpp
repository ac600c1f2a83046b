// What the files of the extension module share: errors, the GIL, and the layout of its objects.
#pragma once

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <sessions.h>
#include <structmember.h>

#include <string_view>

struct BackendObject {
  PyObject_HEAD sessions_backend* handle;
  bool only_computes;  // keeps sessions in cookies: nothing is ever waited for
};
struct ConfigObject {
  PyObject_HEAD sessions_config* handle;
  bool busy;
};
struct ManagerObject {
  PyObject_HEAD sessions_manager* handle;
  bool only_computes;
};
struct SessionObject {
  PyObject_HEAD sessions_session* handle;
  PyObject* manager;     // outlives the handle, so that freeing that never closes the backend
  PyObject* nested;      // dict of the lists and dicts that were handed out, or NULL
  unsigned long waiter;  // the thread of the loop that waits for a call under way, or 0
  bool busy;             // an operation or a call is under way, on this thread or another
};

// What sessions/__init__.py hands in with configure(): the class of errors, and functions.
struct Hooks {
  PyObject* error_class;
  PyObject* make_error;  // (status, message) -> exception
  PyObject* encode;      // (value) -> JSON text
  PyObject* decode;      // (JSON text) -> value
};
extern Hooks hooks;
extern PyTypeObject *backend_type, *config_type, *manager_type, *session_type;

// Set when the interpreter begins to end: from then on threads other than the main one stay out of Python.
bool is_ending();

// Raises the exception of a status; error may be NULL and is freed. Returns NULL.
PyObject* raise_status(sessions_status status, sessions_error* error);
PyObject* raise_message(sessions_status status, const char* message);
PyObject* make_exception(sessions_status status, const char* message);

// Reads a str as UTF-8; raises CallerError for lone surrogates and TypeError for what is no str.
bool read_text(PyObject* value, std::string_view& text);
bool read_text_or_none(PyObject* value, std::string_view& text);
bool read_bytes(PyObject* value, std::string_view& bytes);

// What becomes of an exception of a callback, the lesser first: it is told as the cause of what the library says; it
// fails a call of which the library does not know that anything went wrong; what is no Exception, such as a
// KeyboardInterrupt, comes out of the call as itself.
enum class Weight { cause, failure, itself };

// The callbacks of one call that run on this thread leave their exceptions here.
struct CallScope {
  CallScope();
  CallScope(const CallScope&) = delete;
  CallScope& operator=(const CallScope&) = delete;
  ~CallScope();
  // Raises what went wrong, with the exception of a callback as its cause. True when all went well.
  bool finish(sessions_status status, sessions_error* error);
  // The exception to raise for a status, and None when all went well; what was left here is taken.
  PyObject* take_exception(sessions_status status, const sessions_error* error);

  PyObject* failure = nullptr;
  Weight weight = Weight::cause;  // of the failure
  CallScope* outer;
};

// Whether a call is under way on this thread, which can take what a callback raises.
bool is_in_call();
// Takes the raised exception for the call that is under way on this thread, which needs but one, or reports it.
void keep_failure(Weight weight = Weight::cause);
// Reports what fails no call, such as an exception of a log: but what is no Exception comes out of the call.
void report_failure();

// Runs `call` without the GIL. A thread that comes back when the interpreter is ending stays here for good.
bool is_main_thread();
[[noreturn]] void stay_here();
template <class Call>
auto without_gil(Call call) {
  PyThreadState* state = PyEval_SaveThread();
  auto result = call();
  if (is_ending()) [[unlikely]] {
    if (!is_main_thread()) stay_here();
  }
  PyEval_RestoreThread(state);
  return result;
}

// A call of a session of this manager. A thread that gave up the GIL for what takes a microsecond might have it back
// only milliseconds later.
template <class Call>
auto perform(const PyObject* manager, Call call) {
  return reinterpret_cast<const ManagerObject*>(manager)->only_computes ? call() : without_gil(call);
}

// Takes the GIL on a thread that runs a callback; false when the interpreter is ending.
class Gil {
 public:
  Gil();
  ~Gil();
  Gil(const Gil&) = delete;
  Gil& operator=(const Gil&) = delete;
  explicit operator bool() const { return taken_; }

 private:
  bool taken_ = false;
  PyGILState_STATE state_{};
};

void release_object(void* object);
sessions_backend* new_custom_backend(PyObject* store);
bool set_callback(sessions_config* config, std::string_view name, PyObject* value);

// One operation on a session; false with an exception when it was closed, or another operation is under way. Until it
// ends all others are refused, also those of code of the program that runs within it (a key's class, a finalizer, a
// profiler): so nothing frees what the operation points to.
class SessionUse {
 public:
  explicit SessionUse(PyObject* object);
  ~SessionUse();
  SessionUse(const SessionUse&) = delete;
  SessionUse& operator=(const SessionUse&) = delete;
  explicit operator bool() const { return session_ != nullptr; }
  sessions_session* handle() const { return session_->handle; }
  // The loop that runs on this thread waits for a call: the session is in use until that has ended.
  void leave_under_way();

 private:
  SessionObject* session_ = nullptr;
};

bool is_subtype(PyObject* object, PyTypeObject* type);
// Loads a session of a manager into a new object of a type, by a Cookie header or the bare value of the cookie.
PyObject* load_session(PyObject* manager, PyObject* type, std::string_view cookie, bool is_value);
// The method of managers that begins a request under ASGI.
PyObject* answer_at_once(PyObject* manager, PyObject* const* arguments, Py_ssize_t count);

PyObject* session_subscript(PyObject* object, PyObject* key);
PyObject* session_get(PyObject* object, PyObject* const* arguments, Py_ssize_t count, PyObject* names);
int session_assign(PyObject* object, PyObject* key, PyObject* value);
Py_ssize_t session_length(PyObject* object);
int session_contains(PyObject* object, PyObject* key);
bool forget(SessionObject* self, PyObject* key);  // a list or dict that was handed out
// Before and after a call that writes: what was changed inside lists and dicts that were handed out is set; once the
// session has other content than this program gave it, they are no longer the session's.
bool write_nested(PyObject* object);
bool forget_nested(PyObject* object, int32_t outcome);
bool commit_session(PyObject* object);
// Appends the headers that the response must carry to a list, as ASGI has them.
bool append_headers(const SessionUse& use, PyObject* list);
PyObject* text_of(const char* text, size_t size);

bool add_handles(PyObject* module);
bool add_session(PyObject* module);
bool add_queue(PyObject* module);
bool add_asgi(PyObject* module);
SessionObject* new_session_object(PyTypeObject* type);
