"""The backends that are the library's own."""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from starlette.datastructures import Secret

from sessions import _native, aio
from sessions._arguments import require
from sessions._json import decode, encode
from sessions.manager import Backend, Codec, Config, Manager
from sessions.session import Origin, Outcome, Session
from sessions.starlette.contract import TWO_WEEKS, CookieSettings, SessionBackend, check_lifetime
from sessions.starlette.redis_client import settings_of
from sessions.starlette.timed_signer import TimedSigner

if TYPE_CHECKING:
    import redis

Serializer = Callable[[MutableMapping[str, Any]], bytes]
Deserializer = Callable[[bytes], MutableMapping[str, Any]]
Protection = Callable[[bytes], bytes]

_logger = logging.getLogger("sessions")
_LEVELS = {1: logging.INFO, 2: logging.WARNING}


def _log(level: int, message: str) -> None:
    _logger.log(_LEVELS.get(level, logging.ERROR), "%s", message)


def _key(key: str | bytes | Secret) -> str | bytes:
    require("a key", key, (str, bytes, Secret), "a str or bytes")
    return str(key) if isinstance(key, Secret) else key


class _Sessions:
    """Sessions of a manager, whose store may have to be waited for."""

    at_once: _native.Manager | None = None

    def __init__(self, manager: Manager) -> None:
        self._manager = manager

    def load(self, cookies: bytes, /) -> tuple[Session, Awaitable[object] | None]:
        session = self._manager.new()
        return session, aio.start(session, "load", cookies)

    def save(self, session: Session, /) -> Awaitable[object] | None:
        return aio.start(session, "commit")

    def is_kept(self, session: Session, /) -> bool:
        is_ended = session.outcome == Outcome.DESTROYED
        return not is_ended and (session.origin == Origin.RESTORED or bool(session.cookie_lines))


class _SessionsAtOnce(_Sessions):
    """Sessions of a manager that never waits."""

    def __init__(self, manager: Manager) -> None:
        super().__init__(manager)
        self.at_once = manager._open()

    def load(self, cookies: bytes, /) -> tuple[Session, None]:
        return self._manager.load(cookies), None

    def save(self, session: Session, /) -> None:
        session._commit()


class LibrarySessionBackend(SessionBackend):
    """Any backend of the library: of a URL, or a store of one's own by ``Backend.custom()``.

    Of ``keys`` the first signs cookies and all verify. Sessions end ``max_age`` seconds after their last use; with None
    they do not end, and the browser forgets them when it is closed. ``renew_after``, ``timeout`` and
    ``max_content_bytes`` are those of ``sessions.Config``: how old a session must be for mere use to renew it, by
    default a tenth of max_age; how long a call may wait for the store; and how much a session holds, by default 65,536
    bytes.
    """

    def __init__(
        self,
        backend: Backend,
        *,
        keys: Sequence[str | bytes | Secret] = (),
        max_age: int | None = TWO_WEEKS,
        renew_after: int | None = None,
        timeout: float | None = None,
        max_content_bytes: int | None = None,
    ) -> None:
        """Keep what makes a manager, once the middleware has said what the cookie is like."""
        require("backend", backend, Backend, 'a sessions.Backend, such as Backend("memory:")')
        check_lifetime("max_age", max_age)
        self._backend = backend
        self._keys = [_key(key) for key in keys]
        self._max_age = max_age
        self._settings: dict[str, Any] = {
            "renew_after": renew_after,
            "timeout": timeout,
            "max_content_bytes": max_content_bytes,
        }
        Config(keys=self._keys, **self._settings)  # refuses now what the middleware would be refused

    def get_max_age(self) -> int | None:
        """Return how many seconds a session lives after its last use, or None."""
        return self._max_age

    def _codec(self) -> Codec | None:
        return None

    def _sessions(self, cookie: CookieSettings) -> _Sessions:
        config = cookie.config(self.get_max_age(), self._keys, codec=self._codec(), log=_log, **self._settings)
        manager = Manager(self._backend, config)
        return _SessionsAtOnce(manager) if self._backend._is_at_once else _Sessions(manager)


class MemorySessionBackend(LibrarySessionBackend):
    """Sessions in this process: for development, and for one process.

    Browsers forget the cookie when they are closed. Here a session lives until there is no room for it: see the
    bounds of ``memory:`` in ``<sessions/backend.h>``.
    """

    def __init__(self, *, max_content_bytes: int | None = None) -> None:
        """Make an empty store, of sessions of at most so many bytes."""
        super().__init__(Backend("memory:"), max_age=None, max_content_bytes=max_content_bytes)


class SQLiteSessionBackend(LibrarySessionBackend):
    """Sessions in a database file, which all processes of this machine share and which survives restarts."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        max_age: int | None = TWO_WEEKS,
        *,
        max_content_bytes: int | None = None,
    ) -> None:
        """Open the database, or make it, for sessions of at most so many bytes."""
        check_lifetime("max_age", max_age)
        backend = Backend("sqlite:" + quote(os.path.abspath(path)))
        super().__init__(backend, max_age=max_age, max_content_bytes=max_content_bytes)


class RedisSessionBackend(LibrarySessionBackend):
    """Sessions on a Redis server, which is asked without holding up the loop.

    ``url`` is ``redis://``, ``rediss://`` or ``redis+unix://``, with the parameters of ``<sessions/backend.h>``. Of a
    redis-py client only the connection settings are read, never its connections: ``host``, ``port``, ``db``,
    ``unix_socket_path``, ``username`` and ``password``, with TLS ``ssl_ca_certs``, ``ssl_certfile`` and
    ``ssl_keyfile``, which without one is the file of the certificate, and the timeouts ``socket_connect_timeout`` and
    ``socket_timeout``, which bounds each call as a whole. redis-py 8 has 5 seconds for both unless told otherwise, and
    those count; a client that names none, as one of from_url(), has the library's. The server must answer when the
    backend is made, or StoreUnavailableError is raised; later outages are answered with 503.
    """

    def __init__(
        self,
        redis: redis.Redis | None = None,
        ttl: int | None = TWO_WEEKS,
        *,
        url: str | None = None,
        max_content_bytes: int | None = None,
    ) -> None:
        """Connect; ttl is in seconds, and without client and URL the server is localhost's.

        A session holds at most max_content_bytes, by default 65,536.

        TypeError for clients whose settings cannot be taken over: those of Cluster and Sentinel, with credential
        providers, or that do not verify certificates and the names in them; a username without a password; addresses
        with a zone, such as fe80::1%eth0; and values out of the library's bounds.
        """
        check_lifetime("ttl", ttl)
        if redis is not None and url is not None:
            raise TypeError("Give either a client or a URL.")
        if redis is not None:
            settings = settings_of(redis)
            backend = Backend(settings.url, user=settings.user, password=settings.password)
            super().__init__(backend, max_age=ttl, timeout=settings.timeout, max_content_bytes=max_content_bytes)
            return
        url = "redis://localhost" if url is None else url
        if url.partition(":")[0] not in ("redis", "rediss", "redis+unix"):
            raise ValueError("The URL of a Redis server begins with redis:, rediss: or redis+unix:.")
        super().__init__(Backend(url), max_age=ttl, max_content_bytes=max_content_bytes)


class _CookieCodec:
    """A backend's own serializer and protection, as the library asks for them."""

    def __init__(
        self, serializer: Serializer, deserializer: Deserializer, sign: Protection, unsign: Protection
    ) -> None:
        self._serializer = serializer
        self._deserializer = deserializer
        self._sign = sign
        self._unsign = unsign

    def encode(self, text: str, /) -> bytes:
        return self._sign(self._serializer(decode(text)))

    def decode(self, data: bytes, /) -> str:
        content = self._deserializer(self._unsign(data))
        return encode(dict(content) if isinstance(content, Mapping) else content)


def _to_bytes(content: MutableMapping[str, Any]) -> bytes:
    return encode(content).encode()


def _from_bytes(data: bytes) -> MutableMapping[str, Any]:
    return cast("MutableMapping[str, Any]", decode(data.decode()))


class CookieSessionBackend(LibrarySessionBackend):
    """Sessions in the cookie itself, which its user can read and forge: for what may be forged.

    A ``serializer`` turns content into bytes and a ``deserializer`` turns them back; subclasses may protect those bytes
    with sign_content and unsign_content. What a cookie holds that they refuse with an exception is no session. Values
    are JSON all the same.
    """

    def __init__(
        self,
        max_age: int | None = TWO_WEEKS,
        serializer: Serializer | None = None,
        deserializer: Deserializer | None = None,
    ) -> None:
        """Keep the settings; max_age is in seconds."""
        for name, function in (("serializer", serializer), ("deserializer", deserializer)):
            require(name, function, (Callable, type(None)), "a function")
        super().__init__(Backend(self._url()), max_age=max_age)
        self._serializer = serializer
        self._deserializer = deserializer

    def sign_content(self, content: bytes) -> bytes:
        """Return what the cookie is to hold for these bytes."""
        return content

    def unsign_content(self, content: bytes) -> bytes:
        """Return the bytes for what a cookie holds; raise for what sign_content has not made."""
        return content

    def _url(self) -> str:
        return "cookie:"

    @classmethod
    def _protects(cls, base: type[CookieSessionBackend]) -> bool:
        """Whether a subclass of `base` protects cookies in a way of its own."""
        return cls.sign_content is not base.sign_content or cls.unsign_content is not base.unsign_content

    def _codec(self) -> Codec | None:
        protects = self._url() == "cookie:" and self._protects(CookieSessionBackend)
        if not protects and self._serializer is None and self._deserializer is None:
            return None
        return _CookieCodec(
            self._serializer or _to_bytes,
            self._deserializer or _from_bytes,
            self.sign_content if protects else bytes,
            self.unsign_content if protects else bytes,
        )


class SignedCookieSessionBackend(CookieSessionBackend):
    """Sessions in the cookie itself, signed, with the time: its user can read them, but not change them.

    A subclass's sign_content and unsign_content take the place of the library's signature; those of this class, which
    they may call, sign and check as starlette-sessions does.
    """

    def __init__(
        self,
        secret_key: str | Secret,
        max_age: int | None = TWO_WEEKS,
        serializer: Serializer | None = None,
        deserializer: Deserializer | None = None,
    ) -> None:
        """Keep the settings; max_age is in seconds. Whoever knows the key can log in as anybody."""
        require("secret_key", secret_key, (str, Secret), "a str or a starlette.datastructures.Secret")
        super().__init__(max_age, serializer, deserializer)
        self._keys = [str(secret_key)]
        Config(keys=self._keys)  # refuses an empty one
        self._signer = TimedSigner(str(secret_key))

    def sign_content(self, content: bytes) -> bytes:
        """Return the bytes with the time and a signature."""
        return self._signer.sign(content)

    def unsign_content(self, content: bytes) -> bytes:
        """Return the signed bytes; ValueError when they were not signed with the key in the last max_age seconds."""
        return self._signer.unsign(content, self.get_max_age())

    def _url(self) -> str:
        return "cookie:" if self._protects(SignedCookieSessionBackend) else "signed-cookie:"
