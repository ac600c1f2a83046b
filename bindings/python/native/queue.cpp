// Queue: calls that do not wait.
#include <optional>
#include <utility>

#include "native.hpp"

namespace {

struct QueueObject {
  PyObject_HEAD sessions_queue* handle;
  bool busy;  // results are being dispatched
};

PyTypeObject* queue_type;

// What callbacks raise while results are dispatched on this thread belongs to the call whose end is told next.
thread_local CallScope* dispatching = nullptr;

QueueObject* cast(PyObject* object) { return reinterpret_cast<QueueObject*>(object); }

// The user data is a tuple of the session, which lives as long as its call, and the function that is told of the end.
void done_callback(void* user_data, sessions_status status, const sessions_error* error) {
  const Gil gil;
  if (!gil) {
    return;
  }
  auto* call = static_cast<PyObject*>(user_data);
  auto* session = reinterpret_cast<SessionObject*>(PyTuple_GetItem(call, 0));
  session->busy = false;
  session->waiter = 0;
  if (status >= 0 && session->handle &&
      !forget_nested(reinterpret_cast<PyObject*>(session), sessions_session_outcome(session->handle))) {
    report_failure();
  }
  PyObject* exception = nullptr;
  {
    CallScope none;  // when the queue is being freed
    exception = (dispatching ? dispatching : &none)->take_exception(status, error);
  }
  PyObject* result = exception ? PyObject_CallFunctionObjArgs(PyTuple_GetItem(call, 1), exception, nullptr) : nullptr;
  if (!result) {
    report_failure();
  }
  Py_XDECREF(result);
  Py_XDECREF(exception);
  Py_DECREF(call);
}

PyObject* queue_new(PyTypeObject* type, PyObject*, PyObject*) {
  auto* self = cast(PyType_GenericAlloc(type, 0));
  if (!self) {
    return nullptr;
  }
  sessions_error* error = nullptr;
  const sessions_status status = sessions_queue_new(&self->handle, &error);
  if (status < 0) {
    Py_DECREF(self);
    return raise_status(status, error);
  }
  return reinterpret_cast<PyObject*>(self);
}

// What a store is doing is waited for, and may need the GIL.
void free_queue(QueueObject* self) {
  sessions_queue* handle = self->handle;
  self->handle = nullptr;
  if (!handle) {
    return;
  }
  without_gil([handle] {
    sessions_queue_free(handle);
    return 0;
  });
}

void queue_deallocate(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  free_queue(cast(object));
  reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(object);
  Py_DECREF(type);
}

sessions_queue* usable(PyObject* object) {
  if (!cast(object)->handle) {
    raise_message(SESSIONS_E_MISUSE, "The queue was closed.");
  }
  return cast(object)->handle;
}

PyObject* queue_close(PyObject* object, PyObject*) {
  if (cast(object)->busy) {
    return raise_message(SESSIONS_E_MISUSE, "The queue is in use.");
  }
  free_queue(cast(object));
  Py_RETURN_NONE;
}

PyObject* queue_fileno(PyObject* object, PyObject*) {
  const sessions_queue* queue = usable(object);
  return queue ? PyLong_FromLong(sessions_queue_descriptor(queue)) : nullptr;
}

PyObject* queue_dispatch(PyObject* object, PyObject*) {
  sessions_queue* queue = usable(object);
  if (!queue) {
    return nullptr;
  }
  if (cast(object)->busy) {
    return raise_message(SESSIONS_E_MISUSE, "The queue is in use.");
  }
  size_t count = 0;
  sessions_error* error = nullptr;
  CallScope scope;
  CallScope* const outer = std::exchange(dispatching, &scope);
  cast(object)->busy = true;
  const sessions_status status = without_gil([&] { return sessions_queue_dispatch(queue, &count, &error); });
  cast(object)->busy = false;
  dispatching = outer;
  return scope.finish(status, error) ? PyLong_FromSize_t(count) : nullptr;
}

// start(session, what, cookie, done): what is load, load_value, commit, regenerate or destroy. True when it is under
// way, and done(exception or None) will be called, also when a callback of the program's has failed the start; False
// when it is done.
PyObject* queue_start(PyObject* object, PyObject* arguments) {
  PyObject *session_object = nullptr, *what_object = nullptr, *cookie_object = nullptr, *done = nullptr;
  std::string_view what, cookie;
  if (!PyArg_ParseTuple(arguments, "O!OOO", session_type, &session_object, &what_object, &cookie_object, &done) ||
      !read_text(what_object, what) || !read_text_or_none(cookie_object, cookie)) {
    return nullptr;
  }
  if ((what == "commit" || what == "regenerate") && !write_nested(session_object)) {
    return nullptr;
  }
  PyObject* call = PyTuple_Pack(2, session_object, done);
  if (!call) {
    return nullptr;
  }
  // What runs code of the program's has been done.
  sessions_queue* queue = usable(object);
  std::optional<SessionUse> use(session_object);
  if (!queue || !*use) {
    Py_DECREF(call);
    return nullptr;
  }
  sessions_session* handle = use->handle();
  sessions_error* error = nullptr;
  CallScope scope;
  const sessions_status status = without_gil([&] {
    if (what == "load") {
      return sessions_session_load_async(handle, cookie.data(), cookie.size(), queue, done_callback, call, &error);
    }
    if (what == "load_value") {
      return sessions_session_load_value_async(handle, cookie.data(), cookie.size(), queue, done_callback, call,
                                               &error);
    }
    if (what == "commit") {
      return sessions_session_commit_async(handle, queue, done_callback, call, &error);
    }
    if (what == "regenerate") {
      return sessions_session_regenerate_async(handle, queue, done_callback, call, &error);
    }
    return sessions_session_destroy_async(handle, queue, done_callback, call, &error);
  });
  if (status == SESSIONS_PENDING) {
    use->leave_under_way();
    if (!scope.finish(status, error)) {
      return nullptr;
    }
    Py_RETURN_TRUE;
  }
  const bool fine = scope.finish(status, error);
  const int32_t outcome = sessions_session_outcome(handle);
  use.reset();
  Py_DECREF(call);
  if (!fine || !forget_nested(session_object, outcome)) {
    return nullptr;
  }
  Py_RETURN_FALSE;
}

PyMethodDef methods[] = {{"close", queue_close, METH_NOARGS, nullptr},
                         {"fileno", queue_fileno, METH_NOARGS, nullptr},
                         {"dispatch", queue_dispatch, METH_NOARGS, nullptr},
                         {"start", queue_start, METH_VARARGS, nullptr},
                         {nullptr, nullptr, 0, nullptr}};
PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(queue_new)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(queue_deallocate)},
                       {Py_tp_methods, methods},
                       {0, nullptr}};
PyType_Spec spec = {"sessions._native.Queue", sizeof(QueueObject), 0, Py_TPFLAGS_DEFAULT, slots};

}  // namespace

bool add_queue(PyObject* module) {
  queue_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return queue_type && PyModule_AddObjectRef(module, "Queue", reinterpret_cast<PyObject*>(queue_type)) == 0;
}
