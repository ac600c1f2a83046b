#include "native.hpp"

#include <unistd.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>

Hooks hooks{};

namespace {

std::atomic<bool> ending{false};
std::atomic<int> callbacks{0};  // that are in Python, or about to enter it
std::mutex callbacks_mutex;
std::condition_variable callback_ended;
std::thread::id main_thread;
thread_local int callbacks_here = 0;
thread_local CallScope* innermost = nullptr;

PyObject* configure(PyObject*, PyObject* arguments) {
  static int64_t home = -1;
  PyObject *error_class = nullptr, *error = nullptr, *encode = nullptr, *decode = nullptr;
  if (!PyArg_ParseTuple(arguments, "OOOO", &error_class, &error, &encode, &decode)) {
    return nullptr;
  }
  const int64_t here = PyInterpreterState_GetID(PyInterpreterState_Get());
  if (home != -1 && home != here) {
    PyErr_SetString(PyExc_ImportError,
                    "sessions can be imported in one interpreter of a process, and another one has it");
    return nullptr;
  }
  home = here;
  Py_INCREF(error_class);
  Py_INCREF(error);
  Py_INCREF(encode);
  Py_INCREF(decode);
  hooks = {error_class, error, encode, decode};
  Py_RETURN_NONE;
}

// Returns whether no callback goes on.
PyObject* begin_ending(PyObject*, PyObject*) {
  main_thread = std::this_thread::get_id();
  ending = true;
  // An ending interpreter unwinds the stacks of threads that ask for the GIL, which the library's frames do not
  // survive. A callback that waits for something that never comes is not waited for.
  bool all_ended = false;
  PyThreadState* state = PyEval_SaveThread();
  {
    std::unique_lock lock(callbacks_mutex);
    all_ended = callback_ended.wait_for(lock, std::chrono::seconds(5), [] { return callbacks == 0; });
  }
  PyEval_RestoreThread(state);
  return PyBool_FromLong(all_ended);
}

// In the child of a fork only the callbacks of the thread that forked go on.
PyObject* after_fork(PyObject*, PyObject*) {
  callbacks = callbacks_here;
  Py_RETURN_NONE;
}

PyObject* status_name(PyObject*, PyObject* status) {
  const long number = PyLong_AsLong(status);
  if (number == -1 && PyErr_Occurred()) {
    return nullptr;
  }
  return PyUnicode_FromString(sessions_status_name(static_cast<sessions_status>(number)));
}

PyObject* status_category(PyObject*, PyObject* status) {
  const long number = PyLong_AsLong(status);
  if (number == -1 && PyErr_Occurred()) {
    return nullptr;
  }
  return PyLong_FromLong(sessions_status_category(static_cast<sessions_status>(number)));
}

PyMethodDef functions[] = {
    {"configure", configure, METH_VARARGS, nullptr},       {"begin_ending", begin_ending, METH_NOARGS, nullptr},
    {"after_fork", after_fork, METH_NOARGS, nullptr},      {"status_name", status_name, METH_O, nullptr},
    {"status_category", status_category, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};

PyModuleDef module_definition = {
    PyModuleDef_HEAD_INIT, "sessions._native", nullptr, -1, functions, nullptr, nullptr, nullptr, nullptr};

void end_callback() {
  callbacks_here--;
  if (--callbacks > 0 || !ending) {
    return;
  }
  const std::lock_guard lock(callbacks_mutex);
  callback_ended.notify_all();
}

}  // namespace

bool is_ending() { return ending.load(std::memory_order_relaxed); }

bool is_main_thread() { return std::this_thread::get_id() == main_thread; }

void stay_here() {
  for (;;) {
    pause();
  }
}

PyObject* make_exception(sessions_status status, const char* message) {
  return PyObject_CallFunction(hooks.make_error, "is", static_cast<int>(status), message);
}

PyObject* raise_message(sessions_status status, const char* message) {
  PyObject* exception = make_exception(status, message);
  if (exception) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception);
    Py_DECREF(exception);
  }
  return nullptr;
}

PyObject* raise_status(sessions_status status, sessions_error* error) {
  raise_message(status, error ? sessions_error_message(error) : sessions_status_message(status));
  sessions_error_free(error);
  return nullptr;
}

bool read_text(PyObject* value, std::string_view& text) {
  Py_ssize_t size = 0;
  if (!PyUnicode_Check(value)) {
    PyErr_SetString(PyExc_TypeError, "a str is needed here");
    return false;
  }
  const char* bytes = PyUnicode_AsUTF8AndSize(value, &size);
  if (!bytes) {
    if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) {
      PyErr_Clear();
      raise_message(SESSIONS_E_INVALID, "The text holds a lone surrogate, which UTF-8 cannot express.");
    }
    return false;
  }
  text = {bytes, static_cast<size_t>(size)};
  return true;
}

bool read_text_or_none(PyObject* value, std::string_view& text) {
  if (value == Py_None) {
    text = {};
    return true;
  }
  return PyBytes_Check(value) ? read_bytes(value, text) : read_text(value, text);
}

bool read_bytes(PyObject* value, std::string_view& bytes) {
  if (PyUnicode_Check(value)) {
    return read_text(value, bytes);
  }
  char* data = nullptr;
  Py_ssize_t size = 0;
  if (PyBytes_AsStringAndSize(value, &data, &size) < 0) {
    return false;
  }
  bytes = {data, static_cast<size_t>(size)};
  return true;
}

CallScope::CallScope() : outer(innermost) { innermost = this; }

CallScope::~CallScope() {
  innermost = outer;
  Py_XDECREF(failure);
}

bool CallScope::finish(sessions_status status, sessions_error* error) {
  if (status >= 0 && weight == Weight::cause) {
    sessions_error_free(error);
    return true;
  }
  PyObject* exception = take_exception(status, error);
  sessions_error_free(error);
  if (exception) {
    PyErr_SetObject(reinterpret_cast<PyObject*>(Py_TYPE(exception)), exception);
    Py_DECREF(exception);
  }
  return false;
}

PyObject* CallScope::take_exception(sessions_status status, const sessions_error* error) {
  PyObject* taken = std::exchange(failure, nullptr);
  const Weight its_weight = std::exchange(weight, Weight::cause);
  if (its_weight == Weight::itself) {
    return taken;
  }
  PyObject* exception = nullptr;
  if (status < 0) {
    exception = make_exception(status, error ? sessions_error_message(error) : sessions_status_message(status));
  } else if (its_weight == Weight::failure) {
    exception = make_exception(SESSIONS_E_CALLBACK, "A callback raised an exception.");
  } else {
    exception = Py_NewRef(Py_None);
  }
  if (taken && exception && exception != Py_None) {
    PyException_SetCause(exception, std::exchange(taken, nullptr));
  }
  Py_XDECREF(taken);
  return exception;
}

bool is_in_call() { return innermost != nullptr; }

void report_failure() {
  if (innermost && !PyErr_ExceptionMatches(PyExc_Exception)) {
    keep_failure();
  } else {
    PyErr_WriteUnraisable(nullptr);
  }
}

void keep_failure(Weight weight) {
  CallScope* scope = innermost;
  if (!scope) {
    report_failure();
    return;
  }
  if (!PyErr_ExceptionMatches(PyExc_Exception)) {
    weight = Weight::itself;
  }
  if (scope->failure && scope->weight >= weight) {
    PyErr_Clear();
    return;
  }
  Py_CLEAR(scope->failure);
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback) {
    PyException_SetTraceback(value, traceback);
  }
  Py_XDECREF(type);
  Py_XDECREF(traceback);
  scope->failure = value;
  scope->weight = weight;
}

Gil::Gil() {
  callbacks++;
  callbacks_here++;
  taken_ = !ending || is_main_thread();
  if (taken_) {
    state_ = PyGILState_Ensure();
  } else {
    end_callback();
  }
}

Gil::~Gil() {
  if (!taken_) {
    return;
  }
  PyGILState_Release(state_);
  end_callback();
}

void release_object(void* object) {
  if (!Py_IsInitialized()) {
    return;
  }
  const Gil gil;
  if (gil) {
    Py_DECREF(static_cast<PyObject*>(object));
  }
}

// Python finds it by this name.
// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp,readability-identifier-naming)
PyMODINIT_FUNC PyInit__native() {
  PyObject* module = PyModule_Create(&module_definition);
  if (module && (!add_handles(module) || !add_session(module) || !add_queue(module) || !add_asgi(module))) {
    Py_DECREF(module);
    return nullptr;
  }
  return module;
}
