// Session: what can be asked of it and done with it; mapping.cpp reads and writes its values.
#include "native.hpp"

PyTypeObject* session_type;

namespace {

SessionObject* cast(PyObject* object) { return reinterpret_cast<SessionObject*>(object); }

using TextAt = sessions_status (*)(const sessions_session*, size_t, const char**, size_t*);

template <size_t (*count)(const sessions_session*), TextAt at>
PyObject* texts(PyObject* object, PyObject*) {
  const SessionUse use(object);
  if (!use) {
    return nullptr;
  }
  PyObject* list = PyList_New(0);
  for (size_t i = 0, end = count(use.handle()); list && i < end; i++) {
    const char* text = nullptr;
    size_t size = 0;
    const sessions_status status = at(use.handle(), i, &text, &size);
    PyObject* item = status < 0 ? raise_status(status, nullptr) : text_of(text, size);
    const bool appended = item && PyList_Append(list, item) == 0;
    Py_XDECREF(item);
    if (!appended) {
      Py_DECREF(list);
      return nullptr;
    }
  }
  return list;
}

template <int32_t (*get)(const sessions_session*)>
PyObject* number(PyObject* object, PyObject*) {
  const SessionUse use(object);
  return use ? PyLong_FromLong(get(use.handle())) : nullptr;
}

PyObject* get_json(PyObject* object, PyObject* key_object) {
  const SessionUse use(object);
  std::string_view key;
  const char* text = nullptr;
  size_t size = 0;
  if (!use || !read_text(key_object, key)) {
    return nullptr;
  }
  const sessions_status status = sessions_session_get_json(use.handle(), key.data(), key.size(), &text, &size);
  return status < 0 ? raise_status(status, nullptr) : text_of(text, size);
}

PyObject* set_json_text(PyObject* object, PyObject* arguments) {
  const SessionUse use(object);
  PyObject *key_object = nullptr, *json_object = nullptr;
  std::string_view key, json;
  if (!use || !PyArg_ParseTuple(arguments, "OO", &key_object, &json_object) || !read_text(key_object, key) ||
      !read_text(json_object, json)) {
    return nullptr;
  }
  sessions_error* error = nullptr;
  const sessions_status status =
      sessions_session_set_json(use.handle(), key.data(), key.size(), json.data(), json.size(), &error);
  if (status < 0) {
    return raise_status(status, error);
  }
  Py_RETURN_NONE;
}

PyObject* to_json(PyObject* object, PyObject*) {
  const SessionUse use(object);
  const char* text = nullptr;
  size_t size = 0;
  if (!use) {
    return nullptr;
  }
  const sessions_status status = sessions_session_to_json(use.handle(), &text, &size);
  return status < 0 ? raise_status(status, nullptr) : text_of(text, size);
}

PyObject* from_json(PyObject* object, PyObject* json_object) {
  const SessionUse use(object);
  std::string_view json;
  if (!use || !read_text(json_object, json)) {
    return nullptr;
  }
  sessions_error* error = nullptr;
  const sessions_status status = sessions_session_from_json(use.handle(), json.data(), json.size(), &error);
  if (status < 0) {
    return raise_status(status, error);
  }
  Py_CLEAR(cast(object)->nested);
  Py_RETURN_NONE;
}

PyObject* increment(PyObject* object, PyObject* arguments) {
  const SessionUse use(object);
  PyObject *key_object = nullptr, *delta_object = nullptr;
  std::string_view key;
  if (!use || !PyArg_ParseTuple(arguments, "OO!", &key_object, &PyLong_Type, &delta_object) ||
      !read_text(key_object, key)) {
    return nullptr;
  }
  int overflow = 0;
  const long long delta = PyLong_AsLongLongAndOverflow(delta_object, &overflow);
  if (overflow != 0) {
    return raise_message(SESSIONS_E_RANGE, "The difference is no 64-bit integer.");
  }
  int64_t sum = 0;
  const sessions_status status = sessions_session_increment(use.handle(), key.data(), key.size(), delta, &sum);
  return status < 0 ? raise_status(status, nullptr) : PyLong_FromLongLong(sum);
}

PyObject* require_unchanged(PyObject* object, PyObject* key_object) {
  const SessionUse use(object);
  std::string_view key;
  if (!use || !read_text(key_object, key)) {
    return nullptr;
  }
  const sessions_status status = sessions_session_require_unchanged(use.handle(), key.data(), key.size());
  if (status < 0) {
    return raise_status(status, nullptr);
  }
  Py_RETURN_NONE;
}

PyObject* clear(PyObject* object, PyObject*) {
  const SessionUse use(object);
  if (!use) {
    return nullptr;
  }
  const sessions_status status = sessions_session_clear(use.handle());
  if (status < 0) {
    return raise_status(status, nullptr);
  }
  Py_CLEAR(cast(object)->nested);
  Py_RETURN_NONE;
}

using Ending = sessions_status (*)(sessions_session*, sessions_error**);

// commit, regenerate, destroy: returns the outcome.
template <Ending ending>
PyObject* end(PyObject* object, PyObject*) {
  if (ending != sessions_session_destroy && !write_nested(object)) {
    return nullptr;
  }
  int32_t outcome = 0;
  {
    const SessionUse use(object);
    if (!use) {
      return nullptr;
    }
    CallScope scope;
    sessions_error* error = nullptr;
    const sessions_status status = perform(cast(object)->manager, [&] { return ending(use.handle(), &error); });
    if (!scope.finish(status, error)) {
      return nullptr;
    }
    outcome = sessions_session_outcome(use.handle());
  }
  return forget_nested(object, outcome) ? PyLong_FromLong(outcome) : nullptr;
}

PyObject* load(PyObject* object, PyObject* arguments) {
  const SessionUse use(object);
  PyObject* cookie_object = nullptr;
  int is_value = 0;
  std::string_view cookie;
  if (!use || !PyArg_ParseTuple(arguments, "Op", &cookie_object, &is_value) ||
      !read_text_or_none(cookie_object, cookie)) {
    return nullptr;
  }
  CallScope scope;
  sessions_error* error = nullptr;
  const sessions_status status = perform(cast(object)->manager, [&] {
    return (is_value ? sessions_session_load_value : sessions_session_load)(use.handle(), cookie.data(), cookie.size(),
                                                                            &error);
  });
  if (!scope.finish(status, error)) {
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* set_timeout_ms(PyObject* object, PyObject* argument) {
  const SessionUse use(object);
  if (!use) {
    return nullptr;
  }
  int overflow = 0;
  const long long milliseconds = PyLong_AsLongLongAndOverflow(argument, &overflow);
  if (milliseconds == -1 && PyErr_Occurred()) {
    return nullptr;
  }
  sessions_error* error = nullptr;
  const sessions_status status = sessions_session_set_timeout_ms(use.handle(), milliseconds, &error);
  if (status < 0) {
    return raise_status(status, error);
  }
  Py_RETURN_NONE;
}

PyObject* set_commit_mode(PyObject* object, PyObject* argument) {
  const SessionUse use(object);
  if (!use) {
    return nullptr;
  }
  const long mode = PyLong_AsLong(argument);
  if (mode == -1 && PyErr_Occurred()) {
    return nullptr;
  }
  sessions_error* error = nullptr;
  const sessions_status status = sessions_session_set_commit_mode(use.handle(), static_cast<int32_t>(mode), &error);
  if (status < 0) {
    return raise_status(status, error);
  }
  Py_RETURN_NONE;
}

PyObject* nested(PyObject* object, PyObject*) {
  PyObject* dict = cast(object)->nested ? cast(object)->nested : Py_None;
  Py_INCREF(dict);
  return dict;
}

// Headers as ASGI has them, and what is the same in all of Set-Cookie.
PyObject *cache_control, *vary, *set_cookie;

bool append(PyObject* list, PyObject* item) { return item && PyList_Append(list, item) == 0; }

PyObject* headers(PyObject* object, PyObject*) {
  const SessionUse use(object);
  PyObject* list = use ? PyList_New(0) : nullptr;
  if (list && !append_headers(use, list)) {
    Py_DECREF(list);
    return nullptr;
  }
  return list;
}

// Closing twice is fine; closing while an operation is under way is not, but for a call that a loop waits for: on the
// loop's thread, as on another one the loop may be ending that call.
PyObject* close_session(PyObject* object, PyObject*) {
  SessionObject* self = cast(object);
  if (self->busy && self->waiter != PyThread_get_thread_ident()) {
    return raise_message(SESSIONS_E_MISUSE, "Another call of this session is under way.");
  }
  sessions_session* handle = self->handle;
  self->handle = nullptr;
  sessions_session_free(handle);
  Py_CLEAR(self->manager);
  Py_CLEAR(self->nested);
  Py_RETURN_NONE;
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(cast(object)->nested);
  return 0;
}

int clear_references(PyObject* object) {
  Py_CLEAR(cast(object)->nested);
  return 0;
}

void deallocate(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  sessions_session_free(cast(object)->handle);
  Py_CLEAR(cast(object)->manager);
  Py_CLEAR(cast(object)->nested);
  reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(object);
  Py_DECREF(type);
}

PyObject* no_constructor(PyTypeObject*, PyObject*, PyObject*) {
  PyErr_SetString(PyExc_TypeError, "sessions come from Manager.load() and Manager.new()");
  return nullptr;
}

PyMethodDef methods[] = {
    {"get", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(session_get)), METH_FASTCALL | METH_KEYWORDS,
     "get($self, /, key, default=None)\n--\n\nReturn the value of a key, or the default."},
    {"_keys", texts<sessions_session_count, sessions_session_key_at>, METH_NOARGS, nullptr},
    {"_contested_keys", texts<sessions_session_contested_count, sessions_session_contested_key>, METH_NOARGS, nullptr},
    {"_cookie_lines", texts<sessions_session_cookie_count, sessions_session_cookie_line>, METH_NOARGS, nullptr},
    {"_origin", number<sessions_session_origin>, METH_NOARGS, nullptr},
    {"_outcome", number<sessions_session_outcome>, METH_NOARGS, nullptr},
    {"_degraded", number<sessions_session_degraded>, METH_NOARGS, nullptr},
    {"_varies", number<sessions_session_varies_by_cookie>, METH_NOARGS, nullptr},
    {"_headers", headers, METH_NOARGS, nullptr},
    {"_no_cache", number<sessions_session_must_not_be_cached>, METH_NOARGS, nullptr},
    {"_get_json", get_json, METH_O, nullptr},
    {"_set_json", set_json_text, METH_VARARGS, nullptr},
    {"_to_json", to_json, METH_NOARGS, nullptr},
    {"_from_json", from_json, METH_O, nullptr},
    {"_increment", increment, METH_VARARGS, nullptr},
    {"_require_unchanged", require_unchanged, METH_O, nullptr},
    {"_clear", clear, METH_NOARGS, nullptr},
    {"_load", load, METH_VARARGS, nullptr},
    {"_commit", end<sessions_session_commit>, METH_NOARGS, nullptr},
    {"_regenerate", end<sessions_session_regenerate>, METH_NOARGS, nullptr},
    {"_destroy", end<sessions_session_destroy>, METH_NOARGS, nullptr},
    {"_set_timeout_ms", set_timeout_ms, METH_O, nullptr},
    {"_set_commit_mode", set_commit_mode, METH_O, nullptr},
    {"_nested", nested, METH_NOARGS, nullptr},
    {"_close", close_session, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(no_constructor)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
                       {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
                       {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
                       {Py_tp_methods, methods},
                       {Py_mp_subscript, reinterpret_cast<void*>(session_subscript)},
                       {Py_mp_ass_subscript, reinterpret_cast<void*>(session_assign)},
                       {Py_mp_length, reinterpret_cast<void*>(session_length)},
                       {Py_sq_contains, reinterpret_cast<void*>(session_contains)},
                       {0, nullptr}};
PyType_Spec spec = {"sessions._native.Session", sizeof(SessionObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};

}  // namespace

bool append_headers(const SessionUse& use, PyObject* list) {
  bool done = sessions_session_must_not_be_cached(use.handle()) == 0 || append(list, cache_control);
  done = done && (sessions_session_varies_by_cookie(use.handle()) == 0 || append(list, vary));
  const char* line = nullptr;
  size_t size = 0;
  for (size_t i = 0; done && sessions_session_cookie_line(use.handle(), i, &line, &size) >= 0; i++) {
    PyObject* value = PyBytes_FromStringAndSize(line, static_cast<Py_ssize_t>(size));
    PyObject* item = value ? PyTuple_Pack(2, set_cookie, value) : nullptr;
    done = append(list, item);
    Py_XDECREF(item);
    Py_XDECREF(value);
  }
  return done;
}

bool commit_session(PyObject* object) {
  PyObject* outcome = end<sessions_session_commit>(object, nullptr);
  Py_XDECREF(outcome);
  return outcome != nullptr;
}

bool write_nested(PyObject* object) {
  PyObject* values = cast(object)->nested;
  if (!values || PyDict_Size(values) == 0) {
    return true;
  }
  PyObject* result = PyObject_CallMethod(object, "_write_nested", nullptr);
  Py_XDECREF(result);
  return result != nullptr;
}

// Where the outcome does not tell whether others have written, what is there now does.
bool forget_nested(PyObject* object, int32_t outcome) {
  SessionObject* self = cast(object);
  if (outcome >= SESSIONS_OUTCOME_DESTROYED) {
    Py_CLEAR(self->nested);
  }
  if (!self->nested || PyDict_Size(self->nested) == 0 ||
      (outcome != SESSIONS_OUTCOME_TOUCHED && outcome != SESSIONS_OUTCOME_REGENERATED)) {
    return true;
  }
  PyObject* result = PyObject_CallMethod(object, "_forget_replaced", nullptr);
  Py_XDECREF(result);
  return result != nullptr;
}

SessionObject* new_session_object(PyTypeObject* type) { return cast(PyType_GenericAlloc(type, 0)); }

bool add_session(PyObject* module) {
  cache_control = Py_BuildValue("yy", "cache-control", "private, no-store");
  vary = Py_BuildValue("yy", "vary", "Cookie");
  set_cookie = PyBytes_FromString("set-cookie");
  if (!cache_control || !vary || !set_cookie) {
    return false;
  }
  session_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return session_type && PyModule_AddObjectRef(module, "Session", reinterpret_cast<PyObject*>(session_type)) == 0;
}
