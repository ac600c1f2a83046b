// Backend, Config and Manager.
#include "native.hpp"

PyTypeObject *backend_type, *config_type, *manager_type;

namespace {

template <class Object>
Object* allocate(PyTypeObject* type) {
  return reinterpret_cast<Object*>(PyType_GenericAlloc(type, 0));
}

template <class Object, void (*free_handle)(decltype(Object::handle))>
void deallocate(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  auto* handle = reinterpret_cast<Object*>(object)->handle;
  if (handle) {
    // The last one that holds a backend closes it, which may wait for a disk or a server.
    without_gil([handle] {
      free_handle(handle);
      return 0;
    });
  }
  reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(object);
  Py_DECREF(type);
}

PyObject* backend_new(PyTypeObject* type, PyObject* arguments, PyObject*) {
  PyObject *url = nullptr, *user = Py_None, *password = Py_None, *store = Py_None;
  if (!PyArg_ParseTuple(arguments, "OOOO", &url, &user, &password, &store)) {
    return nullptr;
  }
  sessions_backend* backend = nullptr;
  bool only_computes = false;
  if (store != Py_None) {
    backend = new_custom_backend(store);
    if (!backend) {
      return nullptr;
    }
  } else {
    std::string_view address, name, secret;
    if (!read_text(url, address) || !read_text_or_none(user, name) || !read_text_or_none(password, secret)) {
      return nullptr;
    }
    sessions_config* config = nullptr;
    sessions_error* error = nullptr;
    sessions_status status = SESSIONS_OK;
    if (password != Py_None || user != Py_None) {
      status = sessions_config_new(&config);
      if (status == SESSIONS_OK) {
        status = sessions_config_set_store_credentials(config, name.data(), name.size(), secret.data(), secret.size(),
                                                       &error);
      }
    }
    if (status == SESSIONS_OK) {
      status = without_gil([&] {
        return config ? sessions_backend_open_configured(address.data(), address.size(), config, &backend, &error)
                      : sessions_backend_open(address.data(), address.size(), &backend, &error);
      });
    }
    sessions_config_free(config);
    if (status < 0) {
      return raise_status(status, error);
    }
    only_computes = address.starts_with("cookie:") || address.starts_with("signed-cookie:");
  }
  auto* self = allocate<BackendObject>(type);
  if (!self) {
    sessions_backend_free(backend);
    return nullptr;
  }
  self->handle = backend;
  self->only_computes = only_computes;
  return reinterpret_cast<PyObject*>(self);
}

PyObject* config_new(PyTypeObject* type, PyObject*, PyObject*) {
  auto* self = allocate<ConfigObject>(type);
  if (!self) {
    return nullptr;
  }
  const sessions_status status = sessions_config_new(&self->handle);
  if (status < 0) {
    Py_DECREF(self);
    return raise_status(status, nullptr);
  }
  return reinterpret_cast<PyObject*>(self);
}

using SetNumber = sessions_status (*)(sessions_config*, int64_t, sessions_error**);
using SetFlag = sessions_status (*)(sessions_config*, int32_t, sessions_error**);
using SetText = sessions_status (*)(sessions_config*, const char*, size_t, sessions_error**);
struct Setter {
  std::string_view name;
  SetNumber number;
  SetFlag flag;
  SetText text;
};
constexpr Setter setters[] = {
    {"cookie_name", nullptr, nullptr, sessions_config_set_cookie_name},
    {"cookie_path", nullptr, nullptr, sessions_config_set_cookie_path},
    {"cookie_domain", nullptr, nullptr, sessions_config_set_cookie_domain},
    {"same_site", nullptr, sessions_config_set_same_site, nullptr},
    {"secure", nullptr, sessions_config_set_secure, nullptr},
    {"http_only", nullptr, sessions_config_set_http_only, nullptr},
    {"partitioned", nullptr, sessions_config_set_partitioned, nullptr},
    {"persistent", nullptr, sessions_config_set_persistent, nullptr},
    {"commit_mode", nullptr, sessions_config_set_commit_mode, nullptr},
    {"lifetime", sessions_config_set_lifetime_seconds, nullptr, nullptr},
    {"renew_after", sessions_config_set_renew_after_seconds, nullptr, nullptr},
    {"timeout_ms", sessions_config_set_timeout_ms, nullptr, nullptr},
    {"max_content_bytes", sessions_config_set_max_content_bytes, nullptr, nullptr},
};

bool is_callback(std::string_view name) {
  return name == "clock" || name == "random" || name == "log" || name == "codec";
}

// set(name, value): calls the setter of that name.
PyObject* config_set(PyObject* object, PyObject* arguments) {
  auto* self = reinterpret_cast<ConfigObject*>(object);
  PyObject *name_object = nullptr, *value = nullptr;
  std::string_view name, text;
  if (!PyArg_ParseTuple(arguments, "OO", &name_object, &value) || !read_text(name_object, name)) {
    return nullptr;
  }
  if (self->busy) {
    return raise_message(SESSIONS_E_MISUSE, "Another call of this config is under way.");
  }
  sessions_error* error = nullptr;
  sessions_status status = SESSIONS_E_INVALID;
  if (is_callback(name)) {
    self->busy = true;
    const bool done = set_callback(self->handle, name, value);
    self->busy = false;
    if (!done) {
      return nullptr;
    }
    Py_RETURN_NONE;
  }
  if (name == "key") {
    if (!read_bytes(value, text)) {
      return nullptr;
    }
    status = sessions_config_add_key(self->handle, text.data(), text.size(), &error);
  } else if (name == "plain_http") {
    status = sessions_config_set_plain_http(self->handle, &error);
  }
  for (const Setter& setter : setters) {
    if (setter.name != name) {
      continue;
    }
    if (setter.text) {
      if (!read_text(value, text)) {
        return nullptr;
      }
      status = setter.text(self->handle, text.data(), text.size(), &error);
    } else {
      int overflow = 0;
      const long long number = PyLong_AsLongLongAndOverflow(value, &overflow);
      if (number == -1 && PyErr_Occurred()) {
        return nullptr;
      }
      if (overflow != 0 || (setter.flag && (number < -1 || number > 1'000))) {
        return raise_message(SESSIONS_E_INVALID, "The number is out of bounds.");
      }
      status = setter.number ? setter.number(self->handle, number, &error)
                             : setter.flag(self->handle, static_cast<int32_t>(number), &error);
    }
  }
  if (status < 0) {
    return raise_status(status, error);
  }
  Py_RETURN_NONE;
}

PyObject* manager_new(PyTypeObject* type, PyObject* arguments, PyObject*) {
  PyObject *backend = nullptr, *config = nullptr;
  if (!PyArg_ParseTuple(arguments, "O!O!", backend_type, &backend, config_type, &config)) {
    return nullptr;
  }
  auto* settings = reinterpret_cast<ConfigObject*>(config);
  if (settings->busy) {
    return raise_message(SESSIONS_E_MISUSE, "Another call of this config is under way.");
  }
  CallScope scope;
  sessions_manager* manager = nullptr;
  sessions_error* error = nullptr;
  settings->busy = true;
  const sessions_status status =
      sessions_manager_new(reinterpret_cast<BackendObject*>(backend)->handle, settings->handle, &manager, &error);
  settings->busy = false;
  if (!scope.finish(status, error)) {
    sessions_manager_free(manager);
    return nullptr;
  }
  auto* self = allocate<ManagerObject>(type);
  if (!self) {
    sessions_manager_free(manager);
    return nullptr;
  }
  self->handle = manager;
  self->only_computes = reinterpret_cast<BackendObject*>(backend)->only_computes;
  return reinterpret_cast<PyObject*>(self);
}

// load(session_type, header or None, is_value)
PyObject* manager_load(PyObject* object, PyObject* const* arguments, Py_ssize_t count) {
  std::string_view cookie;
  if (count != 3 || !is_subtype(arguments[0], session_type)) {
    PyErr_SetString(PyExc_TypeError, "load takes a session type, a header and a flag");
    return nullptr;
  }
  if (!read_text_or_none(arguments[1], cookie)) {
    return nullptr;
  }
  return load_session(object, arguments[0], cookie, arguments[2] == Py_True);
}

PyObject* manager_session(PyObject* object, PyObject* type) {
  if (!is_subtype(type, session_type)) {
    PyErr_SetString(PyExc_TypeError, "a session type is needed");
    return nullptr;
  }
  SessionObject* session = new_session_object(reinterpret_cast<PyTypeObject*>(type));
  if (!session) {
    return nullptr;
  }
  session->manager = Py_NewRef(object);
  sessions_error* error = nullptr;
  const sessions_status status =
      sessions_session_new(reinterpret_cast<ManagerObject*>(object)->handle, &session->handle, &error);
  if (status < 0) {
    Py_DECREF(session);
    return raise_status(status, error);
  }
  return reinterpret_cast<PyObject*>(session);
}

PyObject* manager_ping(PyObject* object, PyObject*) {
  const sessions_manager* manager = reinterpret_cast<ManagerObject*>(object)->handle;
  CallScope scope;
  sessions_error* error = nullptr;
  const sessions_status status = without_gil([&] { return sessions_manager_ping(manager, &error); });
  if (!scope.finish(status, error)) {
    return nullptr;
  }
  Py_RETURN_NONE;
}

PyObject* manager_sweep(PyObject* object, PyObject* argument) {
  const sessions_manager* manager = reinterpret_cast<ManagerObject*>(object)->handle;
  const long long most = PyLong_AsLongLong(argument);
  if (most == -1 && PyErr_Occurred()) {
    return nullptr;
  }
  int64_t dropped = 0;
  CallScope scope;
  sessions_error* error = nullptr;
  const sessions_status status = without_gil([&] { return sessions_manager_sweep(manager, most, &dropped, &error); });
  return scope.finish(status, error) ? PyLong_FromLongLong(dropped) : nullptr;
}

PyObject* manager_statistics(PyObject* object, PyObject*) {
  const sessions_manager* manager = reinterpret_cast<ManagerObject*>(object)->handle;
  int64_t count = 0, bytes = 0;
  CallScope scope;
  sessions_error* error = nullptr;
  const sessions_status status =
      without_gil([&] { return sessions_manager_statistics(manager, &count, &bytes, &error); });
  if (!scope.finish(status, error)) {
    return nullptr;
  }
  return Py_BuildValue("(LL)", static_cast<long long>(count), static_cast<long long>(bytes));
}

PyMethodDef config_methods[] = {{"set", config_set, METH_VARARGS, nullptr}, {nullptr, nullptr, 0, nullptr}};
PyMethodDef manager_methods[] = {
    {"load", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(manager_load)), METH_FASTCALL, nullptr},
    {"answer", reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(answer_at_once)), METH_FASTCALL, nullptr},
    {"session", manager_session, METH_O, nullptr},
    {"ping", manager_ping, METH_NOARGS, nullptr},
    {"sweep", manager_sweep, METH_O, nullptr},
    {"statistics", manager_statistics, METH_NOARGS, nullptr},
    {nullptr, nullptr, 0, nullptr}};

PyType_Slot backend_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(backend_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(deallocate<BackendObject, sessions_backend_free>)},
    {0, nullptr}};
PyType_Slot config_slots[] = {{Py_tp_new, reinterpret_cast<void*>(config_new)},
                              {Py_tp_dealloc, reinterpret_cast<void*>(deallocate<ConfigObject, sessions_config_free>)},
                              {Py_tp_methods, config_methods},
                              {0, nullptr}};
PyType_Slot manager_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(manager_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(deallocate<ManagerObject, sessions_manager_free>)},
    {Py_tp_methods, manager_methods},
    {0, nullptr}};
PyType_Spec backend_spec = {"sessions._native.Backend", sizeof(BackendObject), 0, Py_TPFLAGS_DEFAULT, backend_slots};
PyType_Spec config_spec = {"sessions._native.Config", sizeof(ConfigObject), 0, Py_TPFLAGS_DEFAULT, config_slots};
PyType_Spec manager_spec = {"sessions._native.Manager", sizeof(ManagerObject), 0, Py_TPFLAGS_DEFAULT, manager_slots};

bool add(PyObject* module, const char* name, PyType_Spec& spec, PyTypeObject*& type) {
  type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return type && PyModule_AddObjectRef(module, name, reinterpret_cast<PyObject*>(type)) == 0;
}

}  // namespace

bool is_subtype(PyObject* object, PyTypeObject* type) {
  return PyType_Check(object) && PyType_IsSubtype(reinterpret_cast<PyTypeObject*>(object), type);
}

PyObject* load_session(PyObject* object, PyObject* type, std::string_view cookie, bool is_value) {
  SessionObject* session = new_session_object(reinterpret_cast<PyTypeObject*>(type));
  if (!session) {
    return nullptr;
  }
  session->manager = Py_NewRef(object);
  const sessions_manager* manager = reinterpret_cast<ManagerObject*>(object)->handle;
  CallScope scope;
  sessions_error* error = nullptr;
  const sessions_status status = perform(object, [&] {
    return (is_value ? sessions_manager_load_value : sessions_manager_load)(manager, cookie.data(), cookie.size(),
                                                                            &session->handle, &error);
  });
  if (!scope.finish(status, error)) {
    Py_DECREF(session);
    return nullptr;
  }
  return reinterpret_cast<PyObject*>(session);
}

bool add_handles(PyObject* module) {
  return add(module, "Backend", backend_spec, backend_type) && add(module, "Config", config_spec, config_type) &&
         add(module, "Manager", manager_spec, manager_type);
}
