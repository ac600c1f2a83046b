"""The same few calls by each way to call C from Python: why the package is an extension."""

import ctypes
from collections.abc import Callable

import cffi  # type: ignore[import-untyped]

import sessions

URL = b"signed-cookie:"
KEY = b"visits"


def by_extension(secret: str) -> Callable[[], None]:
    """Use the package."""
    manager = sessions.Manager(sessions.Backend(URL.decode()), sessions.Config(keys=[secret], plain_http=True))

    def work() -> None:
        with manager.load() as session:
            session.increment(KEY.decode())
            session.commit()
            assert session.cookie_lines

    return work


def by_ctypes(library: str, secret: bytes) -> Callable[[], None]:
    """Use ctypes, with the types of all arguments declared."""
    c = ctypes.CDLL(library)
    pointer, text, size = ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t
    out, number = ctypes.POINTER(ctypes.c_void_p), ctypes.c_int64
    c.sessions_backend_open.argtypes = [text, size, out, out]
    c.sessions_config_new.argtypes = [out]
    c.sessions_config_add_key.argtypes = [pointer, text, size, out]
    c.sessions_config_set_plain_http.argtypes = [pointer, out]
    c.sessions_manager_new.argtypes = [pointer, pointer, out, out]
    c.sessions_manager_load.argtypes = [pointer, text, size, out, out]
    c.sessions_session_increment.argtypes = [pointer, text, size, number, ctypes.POINTER(number)]
    c.sessions_session_commit.argtypes = [pointer, out]
    c.sessions_session_cookie_line.argtypes = [pointer, size, out, ctypes.POINTER(size)]
    c.sessions_session_free.argtypes = [pointer]
    backend, config, manager = pointer(), pointer(), pointer()
    assert c.sessions_backend_open(URL, len(URL), ctypes.byref(backend), None) == 0
    assert c.sessions_config_new(ctypes.byref(config)) == 0
    assert c.sessions_config_add_key(config, secret, len(secret), None) == 0
    assert c.sessions_config_set_plain_http(config, None) == 0
    assert c.sessions_manager_new(backend, config, ctypes.byref(manager), None) == 0

    def work() -> None:
        session, count, line, length = pointer(), number(), pointer(), size()
        assert c.sessions_manager_load(manager, None, 0, ctypes.byref(session), None) == 0
        assert c.sessions_session_increment(session, KEY, len(KEY), 1, ctypes.byref(count)) == 0
        assert c.sessions_session_commit(session, None) == 0
        assert c.sessions_session_cookie_line(session, 0, ctypes.byref(line), ctypes.byref(length)) == 0
        assert line.value and ctypes.string_at(line.value, length.value)
        c.sessions_session_free(session)

    return work


def by_cffi(library: str, secret: bytes) -> Callable[[], None]:
    """Use cffi, with the library opened at run time."""
    ffi = cffi.FFI()
    ffi.cdef(
        """
        int sessions_backend_open(const char *, size_t, void **, void **);
        int sessions_config_new(void **);
        int sessions_config_add_key(void *, const char *, size_t, void **);
        int sessions_config_set_plain_http(void *, void **);
        int sessions_manager_new(void *, void *, void **, void **);
        int sessions_manager_load(void *, const char *, size_t, void **, void **);
        int sessions_session_increment(void *, const char *, size_t, int64_t, int64_t *);
        int sessions_session_commit(void *, void **);
        int sessions_session_cookie_line(void *, size_t, void **, size_t *);
        void sessions_session_free(void *);
        """
    )
    c = ffi.dlopen(library)
    backend, config, manager = ffi.new("void **"), ffi.new("void **"), ffi.new("void **")
    assert c.sessions_backend_open(URL, len(URL), backend, ffi.NULL) == 0
    assert c.sessions_config_new(config) == 0
    assert c.sessions_config_add_key(config[0], secret, len(secret), ffi.NULL) == 0
    assert c.sessions_config_set_plain_http(config[0], ffi.NULL) == 0
    assert c.sessions_manager_new(backend[0], config[0], manager, ffi.NULL) == 0

    def work() -> None:
        session, line = ffi.new("void **"), ffi.new("void **")
        count, length = ffi.new("int64_t *"), ffi.new("size_t *")
        assert c.sessions_manager_load(manager[0], ffi.NULL, 0, session, ffi.NULL) == 0
        assert c.sessions_session_increment(session[0], KEY, len(KEY), 1, count) == 0
        assert c.sessions_session_commit(session[0], ffi.NULL) == 0
        assert c.sessions_session_cookie_line(session[0], 0, line, length) == 0
        assert bytes(ffi.buffer(line[0], length[0]))
        c.sessions_session_free(session[0])

    return work
