// What a request under ASGI needs of a session: the cookies that it came with, and the head of its response.
#include <cstddef>

#include "native.hpp"

namespace {

// What one request is sent. Its methods in Python do what is rare.
struct AnswerObject {
  PyObject_HEAD PyObject* middleware;
  PyObject* session;
  PyObject* scope;
  PyObject* receive;
  PyObject* send;
  bool is_at_once;  // the session is one of the library's, of which no call ever waits
  char is_started;
  char is_failed;
};

PyTypeObject* answer_type;
PyObject *type_key, *headers_key, *session_key, *http_start, *start, *weigh, *fail;

AnswerObject* cast(PyObject* object) { return reinterpret_cast<AnswerObject*>(object); }

PyObject* make_answer(PyTypeObject* type, PyObject* middleware, PyObject* session, PyObject* scope, PyObject* receive,
                      PyObject* send, bool is_at_once) {
  auto* self = cast(PyType_GenericAlloc(type, 0));
  if (!self) {
    return nullptr;
  }
  self->middleware = Py_NewRef(middleware);
  self->session = Py_NewRef(session);
  self->scope = Py_NewRef(scope);
  self->receive = Py_NewRef(receive);
  self->send = Py_NewRef(send);
  self->is_at_once = is_at_once;
  return reinterpret_cast<PyObject*>(self);
}

PyObject* answer_new(PyTypeObject* type, PyObject* arguments, PyObject*) {
  PyObject *middleware = nullptr, *session = nullptr, *scope = nullptr, *receive = nullptr, *send = nullptr;
  PyObject* is_at_once = nullptr;
  if (!PyArg_UnpackTuple(arguments, "Answer", 6, 6, &middleware, &session, &scope, &receive, &send, &is_at_once)) {
    return nullptr;
  }
  if (is_at_once == Py_True && !PyObject_TypeCheck(session, session_type)) {
    PyErr_SetString(PyExc_TypeError, "only a session of the library's can be saved at once");
    return nullptr;
  }
  return make_answer(type, middleware, session, scope, receive, send, is_at_once == Py_True);
}

// A header as servers have it, a tuple of bytes; other forms are left to Python.
bool read_header(PyObject* header, std::string_view& name, PyObject*& value) {
  char* text = nullptr;
  Py_ssize_t size = 0;
  if (!PyTuple_CheckExact(header) || PyTuple_Size(header) != 2 || !PyBytes_CheckExact(PyTuple_GetItem(header, 0))) {
    return false;
  }
  PyBytes_AsStringAndSize(PyTuple_GetItem(header, 0), &text, &size);
  name = {text, static_cast<size_t>(size)};
  value = PyTuple_GetItem(header, 1);
  return true;
}

// Whether the application says nothing to caches in these headers, as far as this can be told here.
bool are_plain(PyObject* list) {
  std::string_view name;
  PyObject* value = nullptr;
  for (Py_ssize_t i = 0, size = PyList_Size(list); i < size; i++) {
    if (!read_header(PyList_GetItem(list, i), name, value) || name == "vary" || name == "cache-control") {
      return false;
    }
  }
  return true;
}

// Adds the headers that the session needs to those of the application, in a list of the message's own.
bool add_headers(PyObject* answer, PyObject* message) {
  PyObject* given = PyDict_GetItemWithError(message, headers_key);
  if (!given && PyErr_Occurred()) {
    return false;
  }
  Py_XINCREF(given);
  PyObject* list = given ? PySequence_List(given) : PyList_New(0);
  Py_XDECREF(given);
  bool done = list && PyDict_SetItem(message, headers_key, list) == 0;
  if (done && are_plain(list)) {
    const SessionUse use(cast(answer)->session);
    done = use && append_headers(use, list);
  } else if (done) {
    PyObject* result = PyObject_CallMethodObjArgs(answer, weigh, message, nullptr);
    done = result != nullptr;
    Py_XDECREF(result);
  }
  Py_XDECREF(list);
  return done;
}

// What is to be awaited after saving has failed: the response to one of the package's errors.
PyObject* answer_error(PyObject* answer) {
  if (!PyErr_ExceptionMatches(hooks.error_class)) {
    return nullptr;
  }
  PyObject *type = nullptr, *error = nullptr, *traceback = nullptr;
  PyErr_Fetch(&type, &error, &traceback);
  PyErr_NormalizeException(&type, &error, &traceback);
  if (traceback) {
    PyException_SetTraceback(error, traceback);
  }
  PyObject* result = PyObject_CallMethodObjArgs(answer, fail, error, nullptr);
  Py_XDECREF(type);
  Py_XDECREF(error);
  Py_XDECREF(traceback);
  return result;
}

// Sends what the application sends, and returns what the server gives to await. The head of a response waits until the
// session is saved: here when that takes no waiting, else in Python.
PyObject* answer_send(PyObject* object, PyObject* message) {
  AnswerObject* self = cast(object);
  if (!self->is_started) {
    PyObject* type = nullptr;
    if (self->is_at_once && !self->is_failed && PyDict_CheckExact(message)) {
      type = PyDict_GetItemWithError(message, type_key);
    }
    if (!type || !PyUnicode_CheckExact(type) || PyUnicode_Compare(type, http_start) != 0) {
      return PyErr_Occurred() ? nullptr : PyObject_CallMethodObjArgs(object, start, message, nullptr);
    }
    if (!commit_session(self->session)) {
      return answer_error(object);
    }
    self->is_started = 1;
    if (!add_headers(object, message)) {
      return nullptr;
    }
  }
  return PyObject_CallFunctionObjArgs(self->send, message, nullptr);
}

int traverse(PyObject* object, visitproc visit, void* arg) {
  Py_VISIT(Py_TYPE(object));
  Py_VISIT(cast(object)->middleware);
  Py_VISIT(cast(object)->session);
  Py_VISIT(cast(object)->scope);
  Py_VISIT(cast(object)->receive);
  Py_VISIT(cast(object)->send);
  return 0;
}

int clear_references(PyObject* object) {
  cast(object)->is_at_once = false;
  Py_CLEAR(cast(object)->middleware);
  Py_CLEAR(cast(object)->session);
  Py_CLEAR(cast(object)->scope);
  Py_CLEAR(cast(object)->receive);
  Py_CLEAR(cast(object)->send);
  return 0;
}

void deallocate(PyObject* object) {
  PyTypeObject* type = Py_TYPE(object);
  PyObject_GC_UnTrack(object);
  clear_references(object);
  reinterpret_cast<freefunc>(PyType_GetSlot(type, Py_tp_free))(object);
  Py_DECREF(type);
}

// Finds the value of a request's Cookie header, or none; false when there are several, or headers have another form
// than a list of tuples of bytes.
bool find_cookies(PyObject* headers, PyObject*& found) {
  PyObject* value = nullptr;
  std::string_view name;
  found = nullptr;
  if (!PyList_CheckExact(headers)) {
    return false;
  }
  for (Py_ssize_t i = 0, size = PyList_Size(headers); i < size; i++) {
    if (!read_header(PyList_GetItem(headers, i), name, value)) {
      return false;
    }
    if (name == "cookie") {
      if (found || !PyBytes_CheckExact(value)) {
        return false;
      }
      found = value;
    }
  }
  return true;
}

// cookies_of(headers): the value that find_cookies finds, or no bytes; None for what it leaves to Python.
PyObject* cookies_of(PyObject*, PyObject* headers) {
  PyObject* found = nullptr;
  if (!find_cookies(headers, found)) {
    Py_RETURN_NONE;
  }
  return found ? Py_NewRef(found) : PyBytes_FromStringAndSize(nullptr, 0);
}

PyMethodDef methods[] = {{"send", answer_send, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};
PyMemberDef members[] = {{"_middleware", T_OBJECT, offsetof(AnswerObject, middleware), READONLY, nullptr},
                         {"_session", T_OBJECT, offsetof(AnswerObject, session), READONLY, nullptr},
                         {"_scope", T_OBJECT, offsetof(AnswerObject, scope), READONLY, nullptr},
                         {"_receive", T_OBJECT, offsetof(AnswerObject, receive), READONLY, nullptr},
                         {"_send", T_OBJECT, offsetof(AnswerObject, send), READONLY, nullptr},
                         {"_is_started", T_BOOL, offsetof(AnswerObject, is_started), 0, nullptr},
                         {"_is_failed", T_BOOL, offsetof(AnswerObject, is_failed), 0, nullptr},
                         {nullptr, 0, 0, 0, nullptr}};
PyType_Slot slots[] = {{Py_tp_new, reinterpret_cast<void*>(answer_new)},
                       {Py_tp_dealloc, reinterpret_cast<void*>(deallocate)},
                       {Py_tp_traverse, reinterpret_cast<void*>(traverse)},
                       {Py_tp_clear, reinterpret_cast<void*>(clear_references)},
                       {Py_tp_methods, methods},
                       {Py_tp_members, members},
                       {0, nullptr}};
PyType_Spec spec = {"sessions._native.Answer", sizeof(AnswerObject), 0,
                    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
PyMethodDef functions[] = {{"cookies_of", cookies_of, METH_O, nullptr}, {nullptr, nullptr, 0, nullptr}};

}  // namespace

// answer(answer_type, session_type, middleware, scope, receive, send): loads the session of a request without waiting,
// puts it in the scope, and returns the answer; None for a scope or headers of other forms, which are left to Python.
PyObject* answer_at_once(PyObject* manager, PyObject* const* arguments, Py_ssize_t count) {
  if (count != 6 || !is_subtype(arguments[0], answer_type) || !is_subtype(arguments[1], session_type)) {
    PyErr_SetString(PyExc_TypeError, "answer takes its type, that of sessions, and what the middleware has");
    return nullptr;
  }
  PyObject *scope = arguments[3], *cookies = nullptr;
  PyObject* headers = PyDict_CheckExact(scope) ? PyDict_GetItemWithError(scope, headers_key) : nullptr;
  if (!headers || !find_cookies(headers, cookies)) {
    return PyErr_Occurred() ? nullptr : Py_NewRef(Py_None);
  }
  std::string_view header;
  if (cookies && !read_bytes(cookies, header)) {
    return nullptr;
  }
  Py_XINCREF(cookies);  // loading may run code of the program, which may change the headers
  PyObject* session = load_session(manager, arguments[1], header, false);
  Py_XDECREF(cookies);
  PyObject* answer = nullptr;
  if (session && PyDict_SetItem(scope, session_key, session) == 0) {
    answer = make_answer(reinterpret_cast<PyTypeObject*>(arguments[0]), arguments[2], session, scope, arguments[4],
                         arguments[5], true);
  }
  Py_XDECREF(session);
  return answer;
}

bool add_asgi(PyObject* module) {
  struct Name {
    PyObject** object;
    const char* text;
  };
  for (const Name name : {Name{&type_key, "type"}, Name{&headers_key, "headers"}, Name{&session_key, "session"},
                          Name{&http_start, "http.response.start"}, Name{&start, "_start"},
                          Name{&weigh, "_add_headers"}, Name{&fail, "_fail_or_raise"}}) {
    *name.object = PyUnicode_InternFromString(name.text);
    if (!*name.object) {
      return false;
    }
  }
  answer_type = reinterpret_cast<PyTypeObject*>(PyType_FromSpec(&spec));
  return answer_type && PyModule_AddObjectRef(module, "Answer", reinterpret_cast<PyObject*>(answer_type)) == 0 &&
         PyModule_AddFunctions(module, functions) == 0;
}
