"""The C ABI of the library that was built, for tests in Python. Calls of several threads run at the same time."""

import ctypes
import os

library = ctypes.CDLL(os.environ["SESSIONS_LIBRARY"])
library.sessions_status_name.restype = ctypes.c_char_p
library.sessions_error_message.restype = ctypes.c_char_p
library.sessions_error_message.argtypes = library.sessions_error_free.argtypes = [ctypes.c_void_p]
Log = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int32, ctypes.c_char_p, ctypes.c_size_t)
WARNING = 2


class Failure(Exception):
    """A status that is not OK: its name without SESSIONS_E_, and the message if the call gives one."""

    def __init__(self, status, message=""):
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


def pointer():
    return ctypes.c_void_p()


def counted(text):
    """Text as bytes and their number."""
    encoded = text.encode()
    return encoded, ctypes.c_size_t(len(encoded))


def call(function, *arguments):
    """For functions that give no error object."""
    status = function(*arguments)
    if status != 0:
        raise Failure(library.sessions_status_name(status).decode().removeprefix("SESSIONS_E_"))


def tell(function, *arguments):
    """For functions that do, as their last argument."""
    error = pointer()
    status = function(*arguments, ctypes.byref(error))
    if status != 0:
        message = library.sessions_error_message(error).decode()
        library.sessions_error_free(error)
        raise Failure(library.sessions_status_name(status).decode().removeprefix("SESSIONS_E_"), message)


def status_of(function, *arguments):
    """How a call of the classes below ends: "OK", or the status of its failure."""
    try:
        function(*arguments)
    except Failure as failure:
        return failure.status
    return "OK"


class Manager:
    """Sessions of one backend. `warnings` is what was logged as such."""

    def __init__(self, url, timeout_ms=60_000):
        self.warnings = warnings = []
        self.handle = pointer()
        self.log = Log(lambda _, level, message, __: warnings.append(message.decode()) if level == WARNING else None)
        backend = pointer()
        config = pointer()
        tell(library.sessions_backend_open, *counted(url), ctypes.byref(backend))
        try:
            call(library.sessions_config_new, ctypes.byref(config))
            tell(library.sessions_config_set_timeout_ms, config, ctypes.c_int64(timeout_ms))
            tell(library.sessions_config_set_log, config, self.log, None, None)
            tell(library.sessions_manager_new, backend, config, ctypes.byref(self.handle))
        finally:
            library.sessions_config_free(config)
            library.sessions_backend_free(backend)

    def load(self, cookie=""):
        """The session of a request with this Cookie header."""
        session = Session()
        tell(library.sessions_manager_load, self.handle, *counted(cookie), ctypes.byref(session.handle))
        return session

    def new(self, **values):
        """Stores a session with these whole numbers; answers the Cookie header that names it."""
        session = self.load()
        for key, value in values.items():
            session.set(key, value)
        session.commit()
        return session.cookie()

    def read(self, cookie, key):
        """A whole number of a session as it is stored now; fails when there is no such session, or no such key."""
        return self.load(cookie).restored().get(key)

    def ping(self):
        tell(library.sessions_manager_ping, self.handle)

    def __del__(self):
        library.sessions_manager_free(self.handle)


class Session:
    NEW, RESTORED, UNKNOWN = 0, 1, 6  # origins
    REGENERATED, DESTROYED = 4, 5  # outcomes

    def __init__(self):
        self.handle = pointer()

    def __del__(self):
        library.sessions_session_free(self.handle)

    def restored(self):
        assert self.origin() == self.RESTORED, f"the session was lost: origin {self.origin()}"
        return self

    def origin(self):
        return library.sessions_session_origin(self.handle)

    def get(self, key):
        value = ctypes.c_int64()
        call(library.sessions_session_get_int64, self.handle, *counted(key), ctypes.byref(value))
        return value.value

    def set(self, key, value):
        call(library.sessions_session_set_int64, self.handle, *counted(key), ctypes.c_int64(value))

    def set_text(self, key, value):
        call(library.sessions_session_set_string, self.handle, *counted(key), *counted(value))

    def increment(self, key):
        call(library.sessions_session_increment, self.handle, *counted(key), ctypes.c_int64(1), None)

    def remove(self, key):
        call(library.sessions_session_remove, self.handle, *counted(key))

    def set_timeout(self, milliseconds):
        tell(library.sessions_session_set_timeout_ms, self.handle, ctypes.c_int64(milliseconds))

    def commit(self):
        tell(library.sessions_session_commit, self.handle)

    def regenerate(self):
        tell(library.sessions_session_regenerate, self.handle)

    def destroy(self):
        tell(library.sessions_session_destroy, self.handle)

    def outcome(self):
        return library.sessions_session_outcome(self.handle)

    def is_degraded(self):
        return library.sessions_session_degraded(self.handle) == 1

    def cookie(self):
        """What a browser sends back after the session's first line."""
        line = ctypes.c_char_p()
        length = ctypes.c_size_t()
        zero = ctypes.c_size_t(0)
        call(library.sessions_session_cookie_line, self.handle, zero, ctypes.byref(line), ctypes.byref(length))
        return line.value.decode().split(";")[0]
