"""BaseSessionBackend: a backend of the program's own, of whole sessions by their ids."""

from __future__ import annotations

import asyncio
import copy
import secrets
from abc import abstractmethod
from collections.abc import Awaitable, Iterator, MutableMapping
from http.cookies import SimpleCookie
from typing import Any

from starlette.requests import cookie_parser

from sessions.starlette.contract import CookieSettings, SessionBackend


class BaseSessionBackend(SessionBackend):
    """Loads and saves whole sessions by the id that the cookie holds.

    All but new_session are called on threads, one at a time for each request, so that they may wait. Of parallel
    requests of one browser the last to save wins; ``sessions.Backend.custom()`` takes stores that lose nothing. An
    exception fails the request; a StoreUnavailableError answers it with 503.
    """

    @abstractmethod
    def get_max_age(self) -> int | None:
        """Return how many seconds browsers keep the cookie, or None for as long as they run."""

    def new_session(self) -> tuple[str, MutableMapping[str, Any]]:
        """Return the id of a new session, and what it holds at first.

        Called where the program first sets a key, on the program's thread: so it must not wait.
        """
        return self.new_session_id(), {}

    @staticmethod
    def new_session_id() -> str:
        """Return 256 random bits."""
        return secrets.token_urlsafe(32)

    @abstractmethod
    def load_session(self, sid: str) -> MutableMapping[str, Any] | None:
        """Return the content of a session, or None when there is none; the id may be anything a browser sends."""

    @abstractmethod
    def save_session(self, sid: str, session: MutableMapping[str, Any]) -> None:
        """Store the content of a session; an emptied one is stored as such, and its cookie deleted.

        A new session that is empty again when the response starts is not stored.
        """

    def keep_session(self, sid: str) -> None:
        """Let a session live on that was read and not changed; a subclass without it has it saved."""

    def _sessions(self, cookie: CookieSettings) -> _Sessions:
        return _Sessions(self, cookie)


class _Session(MutableMapping[str, Any]):
    """The session of one request."""

    __hash__ = None  # type: ignore[assignment]

    def __init__(self, backend: BaseSessionBackend) -> None:
        self._backend = backend
        self.sid: str | None = None
        self.is_kept = False  # by the browser, which has or was sent the id
        self.content: MutableMapping[str, Any] = {}
        self.loaded: MutableMapping[str, Any] = {}
        self.is_accessed = False
        self.cookie_lines: list[str] = []

    def __getitem__(self, key: str) -> Any:
        self.is_accessed = True
        return self.content[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.is_accessed = True
        if self.sid is None:
            self.sid, self.content = self._backend.new_session()
        self.content[key] = value

    def __delitem__(self, key: str) -> None:
        self.is_accessed = True
        del self.content[key]

    def __iter__(self) -> Iterator[str]:
        self.is_accessed = True
        return iter(self.content)

    def __len__(self) -> int:
        self.is_accessed = True
        return len(self.content)

    def popitem(self) -> tuple[str, Any]:
        self.is_accessed = True
        return self.content.popitem()

    def _headers(self) -> list[tuple[bytes, bytes]]:
        headers = [(b"vary", b"Cookie")] if self.is_accessed else []
        if self.cookie_lines:
            headers = [(b"cache-control", b"private, no-store")]
        return headers + [(b"set-cookie", line.encode("latin-1")) for line in self.cookie_lines]


class _Sessions:
    """Sessions of a backend of the program's own."""

    at_once = None

    def __init__(self, backend: BaseSessionBackend, cookie: CookieSettings) -> None:
        cookie.config(None)  # refuses what no cookie can have
        self._backend = backend
        self._cookie = cookie
        self._can_keep = type(backend).keep_session is not BaseSessionBackend.keep_session

    def load(self, cookies: bytes, /) -> tuple[_Session, Awaitable[None] | None]:
        sid = cookie_parser(cookies.decode("latin-1")).get(self._cookie.name)
        session = _Session(self._backend)
        return session, asyncio.to_thread(self._load, session, sid) if sid else None

    def save(self, session: _Session, /) -> Awaitable[None] | None:
        if session.is_accessed and (session.content or session.is_kept):
            return asyncio.to_thread(self._save, session)
        return None

    def is_kept(self, session: _Session, /) -> bool:
        return session.is_kept

    def _load(self, session: _Session, sid: str) -> None:
        content = self._backend.load_session(sid)
        if content is not None:
            session.sid, session.content, session.loaded = sid, content, copy.deepcopy(content)
            session.is_kept = True

    def _save(self, session: _Session) -> None:
        sid = session.sid
        assert sid is not None
        if session.content == session.loaded and self._can_keep:
            self._backend.keep_session(sid)
        else:
            self._backend.save_session(sid, session.content)
        session.loaded = copy.deepcopy(session.content)
        session.is_kept = bool(session.content)
        # The value is quoted where it needs it.
        value = SimpleCookie().value_encode(sid)[1] if session.is_kept else ""
        session.cookie_lines = [self._line(value, self._backend.get_max_age() if session.is_kept else 0)]
        if not session.is_kept:
            session.sid = None  # what is set later is another session's

    def _line(self, value: str, max_age: int | None) -> str:
        cookie = self._cookie
        age = "" if max_age is None else f"; Max-Age={max_age}"
        secure = "; Secure" if cookie.https_only else ""
        same_site = cookie.same_site.capitalize()
        return f"{cookie.name}={value}{age}; Path={cookie.path}{secure}; HttpOnly; SameSite={same_site}"
