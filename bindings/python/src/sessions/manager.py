"""Backend, Config and Manager."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from types import TracebackType
from typing import Any, NamedTuple, Protocol

from typing_extensions import Self

from sessions import _native
from sessions._arguments import milliseconds, require, require_methods
from sessions.errors import INVALID, CallerError
from sessions.session import CommitMode, Session

_MISUSE = -102


class SameSite(IntEnum):
    """Values of the SameSite attribute."""

    LAX = 1
    STRICT = 2
    NONE = 3


class Statistics(NamedTuple):
    """What a store holds."""

    sessions: int
    bytes: int


class Codec(Protocol):
    """A serializer of one's own: from JSON text to bytes and back."""

    def encode(self, text: str, /) -> bytes:
        """Turn JSON text into bytes."""

    def decode(self, data: bytes, /) -> str | bytes:
        """Turn such bytes into the text; raise for what is something else: such a cookie is refused.

        A StoreUnavailableError says that what decodes is down: then loading fails, and no session is lost.
        """


class CustomStore(Protocol):
    """A store written in Python, called from several threads at once: on those that load and commit.

    For calls of ``sessions.aio`` those are up to 16 threads of the library's for each event loop.

    ``sweep(most, now) -> (sessions, bytes)``, ``ping()`` and ``statistics() -> (sessions, bytes)`` may be there too,
    and ``change(key, decide) -> bool``, which makes a whole change in one step, such as a transaction that holds a lock
    on the key: it reads ``(blob, version)`` or None, calls ``decide`` with that, stores each of the list that this
    returns, of which each is the arguments of ``put_if_version``, and returns True; or False when others were in the
    way and nothing was stored. An exception fails the call that needed the store; a StoreUnavailableError or
    StoredDataError keeps its status and its message, which must be one line without keys and content.
    """

    def get(self, key: bytes, /) -> tuple[bytes, int] | None:
        """Return the blob under a key with its version, or None."""

    def put_if_version(
        self, key: bytes, blob: bytes, expected: int, version: int, expires: int, now: int, ended: bool, /
    ) -> bool:
        """Store a blob if the version there is `expected` (0: nothing is there), in one step; else return False."""

    def delete(self, key: bytes, expected: int, /) -> bool:
        """Remove the blob if its version is `expected`, in one step; else return False."""


class _Closable:
    __slots__ = ()

    def close(self) -> None:
        """Let go of the handle."""
        raise NotImplementedError

    def __enter__(self) -> Self:
        """Return the object."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


class Backend(_Closable):
    """Where sessions live: what a URL such as ``memory:`` or ``redis://host`` names. Share it between threads."""

    __slots__ = ("_handle", "_is_at_once")

    _handle: _native.Backend | None
    _is_at_once: bool  # nothing ever waits

    def __init__(self, url: str, *, user: str | None = None, password: str | None = None) -> None:
        """Open the backend; user and password are for a Redis server, instead of those of the URL."""
        require("url", url, str, "a str")
        require("user", user, (str, bytes, type(None)), "a str")
        require("password", password, (str, bytes, type(None)), "a str")
        self._handle = _native.Backend(url, user, password, None)
        self._is_at_once = url.partition(":")[0] in ("memory", "signed-cookie", "cookie")

    @classmethod
    def open(cls, url: str, *, user: str | None = None, password: str | None = None) -> Self:
        """Open a backend, as calling the class does."""
        return cls(url, user=user, password=password)

    @classmethod
    def custom(cls, store: CustomStore) -> Self:
        """Make a backend of a store written in Python."""
        backend = cls.__new__(cls)
        require_methods("store", store, "get", "put_if_version", "delete")
        backend._handle = _native.Backend("", None, None, store)
        backend._is_at_once = False
        return backend

    def close(self) -> None:
        """Let go of the backend; managers made from it go on working."""
        self._handle = None


_TEXT = (str, "a str")
_FLAG = (bool, "True or False")
_WHOLE = (int, "a whole number")
_KINDS: dict[str, tuple[Any, str]] = {
    "cookie_name": _TEXT,
    "cookie_path": _TEXT,
    "cookie_domain": _TEXT,
    "same_site": (SameSite, "one of sessions.SameSite"),
    "secure": _FLAG,
    "http_only": _FLAG,
    "partitioned": _FLAG,
    "persistent": _FLAG,
    "lifetime": _WHOLE,
    "renew_after": _WHOLE,
    "commit_mode": (CommitMode, "one of sessions.CommitMode"),
    "max_content_bytes": _WHOLE,
    "clock": (Callable, "a function that returns seconds since 1970"),
    "random": (Callable, "a function that returns as many random bytes as it is asked for"),
    "log": (Callable, "a function that takes a level and a message"),
}


class Config:
    """Cookie attributes, lifetimes, keys, limits and hooks; ``<sessions/config.h>`` has the details.

    The defaults are safe for production over HTTPS. ``plain_http=True`` is for development without it. Of ``keys`` the
    first signs and all verify. Times are in seconds.
    """

    __slots__ = ("_handle",)

    def __init__(
        self,
        *,
        keys: Sequence[str | bytes] = (),
        plain_http: bool = False,
        cookie_name: str | None = None,
        cookie_path: str | None = None,
        cookie_domain: str | None = None,
        same_site: SameSite | None = None,
        secure: bool | None = None,
        http_only: bool | None = None,
        partitioned: bool | None = None,
        persistent: bool | None = None,
        lifetime: int | None = None,
        renew_after: int | None = None,
        commit_mode: CommitMode | None = None,
        timeout: float | None = None,
        max_content_bytes: int | None = None,
        clock: Callable[[], int] | None = None,
        random: Callable[[int], bytes] | None = None,
        log: Callable[[int, str], object] | None = None,
        codec: Codec | None = None,
    ) -> None:
        """Make a config; what is None keeps its default."""
        self._handle = _native.Config()
        if isinstance(keys, (str, bytes)):
            raise CallerError("keys is a sequence of keys, not one key.", INVALID)
        for key in keys:
            require("a key", key, (str, bytes), "a str or bytes")
            self._handle.set("key", key)
        require("plain_http", plain_http, *_FLAG)
        if codec is not None:
            require_methods("codec", codec, "encode", "decode")
        if plain_http:
            self._handle.set("plain_http", True)
        # The name, Secure and SameSite bind each other: this order lets every permitted combination through.
        settings: list[tuple[str, Any]] = [
            ("secure", True if secure else None),
            ("cookie_name", cookie_name),
            ("secure", secure),
            ("cookie_path", cookie_path),
            ("cookie_domain", cookie_domain),
            ("same_site", same_site),
            ("http_only", http_only),
            ("partitioned", partitioned),
            ("persistent", persistent),
            ("lifetime", lifetime),
            ("renew_after", renew_after),
            ("commit_mode", commit_mode),
            ("timeout_ms", None if timeout is None else milliseconds("timeout", timeout)),
            ("max_content_bytes", max_content_bytes),
            ("clock", clock),
            ("random", random),
            ("log", log),
            ("codec", codec),
        ]
        for name, value in settings:
            if value is not None:
                if name in _KINDS:
                    require(name, value, *_KINDS[name])
                self._handle.set(name, value)


class Manager(_Closable):
    """A backend with a config, from which requests load their sessions. Share it between threads."""

    __slots__ = ("_handle",)

    _handle: _native.Manager | None

    def __init__(self, backend: Backend, config: Config | None = None) -> None:
        """Make a manager; the config is copied."""
        require("backend", backend, Backend, 'a sessions.Backend, such as Backend("memory:")')
        require("config", config, (Config, type(None)), "a sessions.Config")
        if backend._handle is None:
            raise CallerError("The backend was closed.", _MISUSE)
        self._handle = _native.Manager(backend._handle, (config or Config())._handle)

    def _open(self) -> _native.Manager:
        if self._handle is None:
            raise CallerError("The manager was closed.", _MISUSE)
        return self._handle

    def load(self, cookie_header: str | bytes | None = None) -> Session:
        """Load the session that a request's Cookie header names. Blocks on stores, without the GIL."""
        return (self._handle or self._open()).load(Session, cookie_header, False)

    def load_value(self, cookie_value: str | bytes | None = None) -> Session:
        """Load the session that the bare value of the cookie names."""
        return self._open().load(Session, cookie_value, True)

    def new(self) -> Session:
        """Make a session that was not loaded yet, so that settings for one call can be made before."""
        return self._open().session(Session)

    def ping(self) -> None:
        """Ask the store whether it answers."""
        self._open().ping()

    def sweep(self, most: int = 1000) -> int:
        """Drop up to `most` expired sessions, and return how many were dropped."""
        return self._open().sweep(most)

    def statistics(self) -> Statistics:
        """Count what the store holds."""
        return Statistics(*self._open().statistics())

    def close(self) -> None:
        """Let go of the manager; sessions loaded from it go on working."""
        self._handle = None
