// Session as a mapping: scalars are read and written here, lists and dicts are JSON text on the way.
#include <cmath>

#include "native.hpp"

namespace {

SessionObject* cast(PyObject* object) { return reinterpret_cast<SessionObject*>(object); }

bool remember(SessionObject* self, PyObject* key, PyObject* value) {
  if (!self->nested) {
    self->nested = PyDict_New();
  }
  return self->nested && PyDict_SetItem(self->nested, key, value) == 0;
}

PyObject* decode(const char* json, size_t size) {
  return PyObject_CallFunction(hooks.decode, "s#", json, static_cast<Py_ssize_t>(size));
}

// Everything but strings and lists and dicts, which `type` says it is none of.
PyObject* read_scalar(sessions_session* session, std::string_view key, int32_t type) {
  int32_t truth = 0;
  int64_t whole = 0;
  uint64_t large = 0;
  double real = 0;
  switch (type) {
    case SESSIONS_TYPE_NULL:
      if (sessions_session_get_null(session, key.data(), key.size()) < 0) {
        break;
      }
      Py_RETURN_NONE;
    case SESSIONS_TYPE_BOOL:
      if (sessions_session_get_bool(session, key.data(), key.size(), &truth) < 0) {
        break;
      }
      return PyBool_FromLong(truth);
    case SESSIONS_TYPE_INT64:
      if (sessions_session_get_int64(session, key.data(), key.size(), &whole) < 0) {
        break;
      }
      return PyLong_FromLongLong(whole);
    case SESSIONS_TYPE_UINT64:
      if (sessions_session_get_uint64(session, key.data(), key.size(), &large) < 0) {
        break;
      }
      return PyLong_FromUnsignedLongLong(large);
    default:
      if (sessions_session_get_double(session, key.data(), key.size(), &real) < 0) {
        break;
      }
      return PyFloat_FromDouble(real);
  }
  return raise_message(SESSIONS_E_NOMEM, "Out of memory.");
}

sessions_status set_json(sessions_session* session, std::string_view key, PyObject* value, sessions_error** error) {
  std::string_view json;
  PyObject* text = PyObject_CallFunctionObjArgs(hooks.encode, value, nullptr);
  sessions_status status = SESSIONS_PENDING;  // a Python exception is raised
  if (text && read_text(text, json)) {
    status = sessions_session_set_json(session, key.data(), key.size(), json.data(), json.size(), error);
  }
  Py_XDECREF(text);
  return status;
}

}  // namespace

SessionUse::SessionUse(PyObject* object) {
  SessionObject* self = cast(object);
  if (self->busy) {
    raise_message(SESSIONS_E_MISUSE, "Another call of this session is under way.");
  } else if (!self->handle) {
    raise_message(SESSIONS_E_MISUSE, "The session was closed.");
  } else {
    self->busy = true;
    session_ = self;
  }
}

SessionUse::~SessionUse() {
  if (session_) {
    session_->busy = false;
  }
}

void SessionUse::leave_under_way() {
  session_->waiter = PyThread_get_thread_ident();
  session_ = nullptr;
}

PyObject* text_of(const char* text, size_t size) {
  return PyUnicode_DecodeUTF8(text, static_cast<Py_ssize_t>(size), "strict");
}

bool forget(SessionObject* self, PyObject* key) {
  if (self->nested && PyDict_DelItem(self->nested, key) < 0) {
    if (!PyErr_ExceptionMatches(PyExc_KeyError)) {
      return false;
    }
    PyErr_Clear();
  }
  return true;
}

namespace {

// The value of a key; without one `other`, or a KeyError when that is NULL.
PyObject* value_of(PyObject* object, PyObject* key_object, PyObject* other) {
  const SessionUse use(object);
  std::string_view key;
  if (!use || !read_text(key_object, key)) {
    return nullptr;
  }
  SessionObject* self = cast(object);
  sessions_session* session = use.handle();
  if (self->nested) {
    if (PyObject* value = PyDict_GetItemWithError(self->nested, key_object)) {
      Py_INCREF(value);
      return value;
    }
    if (PyErr_Occurred()) {
      return nullptr;
    }
  }
  int32_t type = 0;
  const char* text = nullptr;
  size_t size = 0;
  sessions_status status = sessions_session_get_type(session, key.data(), key.size(), &type);
  if (status == SESSIONS_E_NOT_FOUND) {
    if (!other) {
      PyErr_SetObject(PyExc_KeyError, key_object);
    }
    return Py_XNewRef(other);
  }
  if (status < 0) {
    return raise_status(status, nullptr);
  }
  if (type == SESSIONS_TYPE_STRING) {
    status = sessions_session_get_string(session, key.data(), key.size(), &text, &size);
    return status < 0 ? raise_status(status, nullptr) : text_of(text, size);
  }
  if (type <= SESSIONS_TYPE_DOUBLE) {
    return read_scalar(session, key, type);
  }
  status = sessions_session_get_json(session, key.data(), key.size(), &text, &size);
  if (status < 0) {
    return raise_status(status, nullptr);
  }
  PyObject* value = decode(text, size);
  if (value && type != SESSIONS_TYPE_NUMBER && !remember(self, key_object, value)) {
    Py_DECREF(value);
    return nullptr;
  }
  return value;
}

}  // namespace

PyObject* session_subscript(PyObject* object, PyObject* key) { return value_of(object, key, nullptr); }

// get(key, default=None), as a Mapping has it, but without raising a KeyError first
PyObject* session_get(PyObject* object, PyObject* const* arguments, Py_ssize_t count, PyObject* names) {
  const Py_ssize_t named = names ? PyTuple_Size(names) : 0;
  PyObject* values[] = {nullptr, nullptr};
  bool fits = count + named <= 2;
  for (Py_ssize_t i = 0; fits && i < count + named; i++) {
    Py_ssize_t place = i;
    if (i >= count) {
      PyObject* name = PyTuple_GetItem(names, i - count);
      place = PyUnicode_CompareWithASCIIString(name, "default") == 0 ? 1 : 0;
      fits = !values[place] && (place == 1 || PyUnicode_CompareWithASCIIString(name, "key") == 0);
    }
    values[place] = arguments[i];
  }
  if (!fits || !values[0]) {
    PyErr_SetString(PyExc_TypeError, "get() takes a key and a default");
    return nullptr;
  }
  return value_of(object, values[0], values[1] ? values[1] : Py_None);
}

int session_assign(PyObject* object, PyObject* key_object, PyObject* value) {
  const SessionUse use(object);
  std::string_view key, text;
  if (!use || !read_text(key_object, key)) {
    return -1;
  }
  SessionObject* self = cast(object);
  sessions_session* session = use.handle();
  sessions_error* error = nullptr;
  sessions_status status = SESSIONS_OK;
  bool nested = false;
  if (!value) {
    status = sessions_session_remove(session, key.data(), key.size());
    if (status == SESSIONS_E_NOT_FOUND) {
      PyErr_SetObject(PyExc_KeyError, key_object);
      return -1;
    }
  } else if (PyUnicode_Check(value)) {
    if (!read_text(value, text)) {
      return -1;
    }
    status = sessions_session_set_string(session, key.data(), key.size(), text.data(), text.size());
  } else if (value == Py_True || value == Py_False) {
    status = sessions_session_set_bool(session, key.data(), key.size(), value == Py_True);
  } else if (value == Py_None) {
    status = sessions_session_set_null(session, key.data(), key.size());
  } else if (PyLong_Check(value)) {
    int overflow = 0;
    const long long whole = PyLong_AsLongLongAndOverflow(value, &overflow);
    if (whole == -1 && PyErr_Occurred()) {
      return -1;
    }
    status = overflow == 0 ? sessions_session_set_int64(session, key.data(), key.size(), whole)
                           : set_json(session, key, value, &error);
  } else if (PyFloat_Check(value) && std::isfinite(PyFloat_AsDouble(value))) {
    status = sessions_session_set_double(session, key.data(), key.size(), PyFloat_AsDouble(value));
  } else {
    status = set_json(session, key, value, &error);
    nested = true;
  }
  if (status == SESSIONS_PENDING) {
    return -1;
  }
  if (status < 0) {
    raise_status(status, error);
    return -1;
  }
  const bool kept = nested ? remember(self, key_object, value) : forget(self, key_object);
  return kept ? 0 : -1;
}

Py_ssize_t session_length(PyObject* object) {
  const SessionUse use(object);
  return use ? static_cast<Py_ssize_t>(sessions_session_count(use.handle())) : -1;
}

int session_contains(PyObject* object, PyObject* key_object) {
  const SessionUse use(object);
  std::string_view key;
  int32_t found = 0;
  if (!use) {
    return -1;
  }
  if (!PyUnicode_Check(key_object)) {
    return 0;
  }
  if (!read_text(key_object, key)) {
    return -1;
  }
  const sessions_status status = sessions_session_contains(use.handle(), key.data(), key.size(), &found);
  if (status < 0) {
    raise_status(status, nullptr);
    return -1;
  }
  return found;
}
