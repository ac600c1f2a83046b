// Callbacks written in Python: clock, random, log, codec, and custom stores.
#include <algorithm>
#include <ctime>

#include "native.hpp"

namespace {

PyObject* object_of(void* user_data) { return static_cast<PyObject*>(user_data); }

bool has(PyObject* object, const char* name) {
  PyObject* attribute = PyObject_GetAttrString(object, name);
  Py_XDECREF(attribute);
  PyErr_Clear();
  return attribute != nullptr;
}

int64_t clock_callback(void* user_data) {
  const Gil gil;
  if (!gil) {
    return std::time(nullptr);
  }
  PyObject* result = PyObject_CallObject(object_of(user_data), nullptr);
  const long long seconds = result ? PyLong_AsLongLong(result) : -1;
  Py_XDECREF(result);
  if (PyErr_Occurred()) {
    keep_failure(Weight::failure);
    return std::time(nullptr);
  }
  return seconds;
}

sessions_status random_callback(void* user_data, void* bytes, size_t size) {
  const Gil gil;
  if (!gil) {
    return SESSIONS_E_CALLBACK;
  }
  PyObject* result = PyObject_CallFunction(object_of(user_data), "n", static_cast<Py_ssize_t>(size));
  char* data = nullptr;
  Py_ssize_t length = 0;
  if (result && PyBytes_AsStringAndSize(result, &data, &length) == 0 && length != static_cast<Py_ssize_t>(size)) {
    PyErr_SetString(PyExc_ValueError, "random returned another number of bytes than it was asked for");
  }
  const bool failed = data == nullptr || PyErr_Occurred();
  if (failed) {
    keep_failure();
  } else {
    std::copy_n(data, size, static_cast<char*>(bytes));
  }
  Py_XDECREF(result);
  return failed ? SESSIONS_E_CALLBACK : SESSIONS_OK;
}

void log_callback(void* user_data, int32_t level, const char* message, size_t length) {
  const Gil gil;
  if (!gil) {
    return;
  }
  PyObject* result = PyObject_CallFunction(object_of(user_data), "is#", static_cast<int>(level), message,
                                           static_cast<Py_ssize_t>(length));
  if (!result) {
    report_failure();
  }
  Py_XDECREF(result);
}

// The status of an exception of the package's own.
sessions_status status_of(PyObject* exception) {
  PyObject* number = PyObject_GetAttrString(exception, "status");
  const long status = number ? PyLong_AsLong(number) : SESSIONS_E_CALLBACK;
  Py_XDECREF(number);
  PyErr_Clear();
  return static_cast<sessions_status>(status);
}

bool is_ours(PyObject* exception) {
  return has(reinterpret_cast<PyObject*>(Py_TYPE(exception)), "sessions_status_class");
}

// A refused cookie is no failure; that what decodes it is down is one.
sessions_status keep_failure_of_codec() {
  if (PyErr_ExceptionMatches(PyExc_MemoryError)) {
    keep_failure();
    return SESSIONS_E_NOMEM;
  }
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  const sessions_status status = is_ours(value) ? status_of(value) : SESSIONS_E_CALLBACK;
  PyErr_Restore(type, value, traceback);
  keep_failure();
  return status;
}

sessions_status codec_call(void* user_data, const char* method, const char* format, const void* data, size_t length,
                           sessions_bytes* out) {
  const Gil gil;
  if (!gil) {
    return SESSIONS_E_CALLBACK;
  }
  PyObject* result = PyObject_CallMethod(object_of(user_data), method, format, static_cast<const char*>(data),
                                         static_cast<Py_ssize_t>(length));
  std::string_view text;
  const sessions_status status = result && read_bytes(result, text)
                                     ? sessions_bytes_append(out, text.data(), text.size())
                                     : keep_failure_of_codec();
  Py_XDECREF(result);
  return status;
}

sessions_status encode_callback(void* user_data, const void* data, size_t length, sessions_bytes* out) {
  return codec_call(user_data, "encode", "s#", data, length, out);
}

sessions_status decode_callback(void* user_data, const void* data, size_t length, sessions_bytes* out) {
  return codec_call(user_data, "decode", "y#", data, length, out);
}

// ---- custom stores ----

constexpr Py_ssize_t key_bytes = SESSIONS_CUSTOM_KEY_BYTES;

void fail(sessions_custom_call* call, std::string_view message = "the store raised an exception") {
  sessions_custom_failed(call, SESSIONS_E_CALLBACK, message.data(), message.size());
}

// An exception of the package's own keeps its status and message, and so need not be reported where no caller is to
// take it. Of any other only the class is told: what it says may quote the content of a session.
void fail_with_exception(sessions_custom_call* call) {
  PyObject *type = nullptr, *value = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &value, &traceback);
  PyErr_NormalizeException(&type, &value, &traceback);
  const bool is_told = is_ours(value);
  const sessions_status status = is_told ? status_of(value) : SESSIONS_E_CALLBACK;
  PyObject* name = PyObject_GetAttrString(type, "__name__");
  PyObject* words = is_told ? PyObject_Str(value) : name ? PyUnicode_FromFormat("The store raised %U.", name) : nullptr;
  std::string_view message;
  if (!words || !read_text(words, message)) {
    PyErr_Clear();
  }
  PyErr_Restore(type, value, traceback);
  if (is_told && !is_in_call()) {
    PyErr_Clear();
  } else {
    keep_failure();
  }
  sessions_custom_failed(call, status, message.data(), message.size());
  Py_XDECREF(words);
  Py_XDECREF(name);
}

void get_callback(void* user_data, const unsigned char* key, sessions_custom_call* call) {
  const Gil gil;
  if (!gil) {
    return fail(call);
  }
  PyObject* found =
      PyObject_CallMethod(object_of(user_data), "get", "y#", reinterpret_cast<const char*>(key), key_bytes);
  if (found == Py_None) {
    sessions_custom_missing(call);
  } else {
    const char* blob = nullptr;
    Py_ssize_t size = 0;
    long long version = 0;
    if (found && PyTuple_Check(found) && PyArg_ParseTuple(found, "y#L", &blob, &size, &version)) {
      sessions_custom_found(call, blob, static_cast<size_t>(size), static_cast<uint64_t>(version));
    } else {
      if (!PyErr_Occurred()) {
        PyErr_SetString(PyExc_TypeError, "get must return (blob, version) or None");
      }
      fail_with_exception(call);
    }
  }
  Py_XDECREF(found);
}

void answer_done(PyObject* result, sessions_custom_call* call) {
  const int done = result ? PyObject_IsTrue(result) : -1;
  if (done < 0) {
    fail_with_exception(call);
  } else if (done) {
    sessions_custom_done(call);
  } else {
    sessions_custom_conflict(call);
  }
  Py_XDECREF(result);
}

void put_callback(void* user_data, const unsigned char* key, const void* blob, size_t size, uint64_t expected,
                  uint64_t version, int64_t expires, int64_t now, int32_t ended, sessions_custom_call* call) {
  const Gil gil;
  if (!gil) {
    return fail(call);
  }
  answer_done(
      PyObject_CallMethod(object_of(user_data), "put_if_version", "y#y#KKLLN", reinterpret_cast<const char*>(key),
                          key_bytes, static_cast<const char*>(blob), static_cast<Py_ssize_t>(size),
                          static_cast<unsigned long long>(expected), static_cast<unsigned long long>(version),
                          static_cast<long long>(expires), static_cast<long long>(now), PyBool_FromLong(ended)),
      call);
}

// What Python calls while its change is running; afterwards the capsule, which leads to the call, has a context.
PyObject* decide(PyObject* capsule, PyObject* found) {
  const char* blob = nullptr;
  Py_ssize_t size = 0;
  long long version = 0;
  if (PyCapsule_GetContext(capsule)) {
    PyErr_SetString(PyExc_RuntimeError, "decide may be called only before change returns");
    return nullptr;
  }
  if (found != Py_None && (!PyTuple_Check(found) || !PyArg_ParseTuple(found, "y#L", &blob, &size, &version))) {
    if (!PyErr_Occurred()) {
      PyErr_SetString(PyExc_TypeError, "decide takes (blob, version) or None");
    }
    return nullptr;
  }
  auto* call = static_cast<sessions_custom_call*>(PyCapsule_GetPointer(capsule, nullptr));
  const sessions_custom_write* write =
      sessions_custom_decide(call, blob, static_cast<size_t>(size), static_cast<uint64_t>(version));
  PyObject* writes = PyList_New(0);
  for (; writes && write; write = write->next) {
    PyObject* item = Py_BuildValue(
        "(y#y#KKLLN)", reinterpret_cast<const char*>(write->key), key_bytes, static_cast<const char*>(write->blob),
        static_cast<Py_ssize_t>(write->blob_len), static_cast<unsigned long long>(write->expected),
        static_cast<unsigned long long>(write->version), static_cast<long long>(write->expires),
        static_cast<long long>(write->now), PyBool_FromLong(write->ended));
    if (!item || PyList_Append(writes, item) != 0) {
      Py_CLEAR(writes);
    }
    Py_XDECREF(item);
  }
  return writes;
}

void change_callback(void* user_data, const unsigned char* key, sessions_custom_call* call) {
  static PyMethodDef definition = {"decide", decide, METH_O, "Say what to store, given what is there."};
  const Gil gil;
  if (!gil) {
    return fail(call);
  }
  PyObject* capsule = PyCapsule_New(call, nullptr, nullptr);
  PyObject* function = capsule ? PyCFunction_New(&definition, capsule) : nullptr;
  PyObject* result = function ? PyObject_CallMethod(object_of(user_data), "change", "y#O",
                                                    reinterpret_cast<const char*>(key), key_bytes, function)
                              : nullptr;
  if (function) {
    PyCapsule_SetContext(capsule, call);
  }
  answer_done(result, call);
  Py_XDECREF(function);
  Py_XDECREF(capsule);
}

void remove_callback(void* user_data, const unsigned char* key, uint64_t expected, sessions_custom_call* call) {
  const Gil gil;
  if (!gil) {
    return fail(call);
  }
  answer_done(PyObject_CallMethod(object_of(user_data), "delete", "y#K", reinterpret_cast<const char*>(key), key_bytes,
                                  static_cast<unsigned long long>(expected)),
              call);
}

void answer_counted(PyObject* result, sessions_custom_call* call) {
  long long blobs = 0, bytes = 0;
  if (result && PyTuple_Check(result) && PyArg_ParseTuple(result, "LL", &blobs, &bytes)) {
    sessions_custom_counted(call, blobs, bytes);
  } else {
    if (!PyErr_Occurred()) {
      PyErr_SetString(PyExc_TypeError, "(sessions, bytes) must be returned");
    }
    fail_with_exception(call);
  }
  Py_XDECREF(result);
}

void sweep_callback(void* user_data, int64_t most, int64_t now, sessions_custom_call* call) {
  const Gil gil;
  if (!gil) {
    return fail(call);
  }
  answer_counted(PyObject_CallMethod(object_of(user_data), "sweep", "LL", static_cast<long long>(most),
                                     static_cast<long long>(now)),
                 call);
}

void ping_callback(void* user_data, sessions_custom_call* call) {
  const Gil gil;
  if (!gil) {
    return fail(call);
  }
  PyObject* result = PyObject_CallMethod(object_of(user_data), "ping", nullptr);
  if (result) {
    sessions_custom_done(call);
  } else {
    fail_with_exception(call);
  }
  Py_XDECREF(result);
}

void statistics_callback(void* user_data, sessions_custom_call* call) {
  const Gil gil;
  if (!gil) {
    return fail(call);
  }
  answer_counted(PyObject_CallMethod(object_of(user_data), "statistics", nullptr), call);
}

}  // namespace

sessions_backend* new_custom_backend(PyObject* store) {
  sessions_custom_store table{};
  table.size = sizeof table;
  table.get = get_callback;
  table.put = put_callback;
  table.remove = remove_callback;
  if (has(store, "change")) {
    table.change = change_callback;
  }
  if (has(store, "sweep")) {
    table.sweep = sweep_callback;
  }
  if (has(store, "ping")) {
    table.ping = ping_callback;
  }
  if (has(store, "statistics")) {
    table.statistics = statistics_callback;
  }
  sessions_backend* backend = nullptr;
  sessions_error* error = nullptr;
  Py_INCREF(store);
  const sessions_status status = sessions_backend_new_custom(&table, store, release_object, &backend, &error);
  if (status < 0) {
    raise_status(status, error);
  }
  return backend;
}

bool set_callback(sessions_config* config, std::string_view name, PyObject* value) {
  sessions_error* error = nullptr;
  const bool reset = value == Py_None;
  void* user_data = reset ? nullptr : value;
  const sessions_destroy_fn destroy = reset ? nullptr : release_object;
  if (!reset) {
    Py_INCREF(value);
  }
  sessions_status status = SESSIONS_OK;
  if (name == "clock") {
    status = sessions_config_set_clock(config, reset ? nullptr : clock_callback, user_data, destroy, &error);
  } else if (name == "random") {
    status = sessions_config_set_random(config, reset ? nullptr : random_callback, user_data, destroy, &error);
  } else if (name == "log") {
    status = sessions_config_set_log(config, reset ? nullptr : log_callback, user_data, destroy, &error);
  } else {
    const sessions_codec codec{sizeof codec, encode_callback, decode_callback};
    status = sessions_config_set_codec(config, reset ? nullptr : &codec, user_data, destroy, &error);
  }
  if (status < 0) {
    raise_status(status, error);
  }
  return status >= 0;
}
