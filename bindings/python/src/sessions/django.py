"""A session engine for Django: ``SESSION_ENGINE = "sessions.django"``, ``SESSIONS_URL = "redis://..."``.

Django's own SessionMiddleware goes on owning the cookie, whose value is the session key; the key is the library's id.
Saving writes only the keys that changed since loading, so parallel requests do not undo each other's changes.
"""

from __future__ import annotations

import asyncio
import os
import re
import threading
from concurrent.futures import Future
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.core.exceptions import ImproperlyConfigured

from sessions import aio
from sessions._json import encode
from sessions.manager import Backend, Config, Manager
from sessions.session import Origin, Outcome, Session

__all__ = ["SessionStore"]

_KEY = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST = 3_155_760_000
_SWEPT_AT_ONCE = 1000
# Django stores empty sessions too; the library drops what has no content.
_MARKER = "_django"


_opened: dict[str, Backend] = {}  # read without a lock
_attempts: dict[str, Future[Backend]] = {}
os.register_at_fork(after_in_child=_attempts.clear)  # the threads that open are the parent's


def _open(url: str, attempt: Future[Backend]) -> None:
    try:
        backend = _opened[url] = Backend(url)
    except BaseException as error:
        _attempts.pop(url, None)  # who comes from now on tries anew
        attempt.set_exception(error)
    else:
        attempt.set_result(backend)


def _opening(url: str) -> Future[Backend]:
    """Return the attempt to open a backend that is under way, or begin one: all who come meanwhile share its end."""
    if url.partition(":")[0] in ("cookie", "signed-cookie"):
        raise ImproperlyConfigured("sessions.django needs a SESSIONS_URL of a store: sqlite:, redis: or memory:.")
    mine: Future[Backend] = Future()
    attempt = _attempts.setdefault(url, mine)
    if attempt is mine:
        mine.set_running_or_notify_cancel()  # so that a cancelled task does not cancel it for the others
        try:
            threading.Thread(target=_open, args=(url, mine), daemon=True).start()
        except RuntimeError:  # there is no thread to spare
            _open(url, mine)
    return attempt


def _backend(url: str) -> Backend:
    backend = _opened.get(url)
    return _opening(url).result() if backend is None else backend


@lru_cache(maxsize=64)
def _manager_of(url: str, lifetime: int) -> Manager:
    config = Config(
        cookie_name="id",
        plain_http=True,
        lifetime=lifetime,
        renew_after=0,
        max_content_bytes=getattr(settings, "SESSIONS_MAX_CONTENT_BYTES", None),
    )
    return Manager(_backend(url), config)


def _url() -> str:
    url = getattr(settings, "SESSIONS_URL", None)
    if not isinstance(url, str):
        raise ImproperlyConfigured("The session engine sessions.django needs the setting SESSIONS_URL.")
    return url


def _manager(lifetime: int = _LONGEST) -> Manager:
    """Return the manager of a lifetime; that of the longest reads sessions of every lifetime."""
    return _manager_of(_url(), min(max(lifetime, 1), _LONGEST))


async def _amanager(lifetime: int = _LONGEST) -> Manager:
    """Return a manager without holding up the loop while the backend is opened."""
    url = _url()
    if url not in _opened:
        await asyncio.wrap_future(_opening(url))
    return _manager(lifetime)


def _key_of(session: Session) -> str:
    return session.cookie_lines[0].partition(";")[0].partition("=")[2]


class SessionStore(SessionBase):
    """The session of one request, as ``request.session`` has it."""

    if TYPE_CHECKING:

        def _get_session(self, no_load: bool = False) -> dict[str, Any]: ...

        async def _aget_session(self, no_load: bool = False) -> dict[str, Any]: ...

    def __init__(self, session_key: str | None = None) -> None:
        """Prepare the session of a key; nothing is loaded before it is used."""
        super().__init__(session_key)
        self._saved: dict[str, str] = {}
        self._cleared = False

    def _validate_session_key(self, key: object) -> bool:
        return isinstance(key, str) and _KEY.fullmatch(key) is not None

    # ---- loading ----

    def _take(self, session: Session) -> dict[str, Any]:
        if session.origin != Origin.RESTORED:
            self._session_key = None
            return {}
        data = {key: session[key] for key in session if key != _MARKER}
        self._remember(data)
        return data

    def _remember(self, data: dict[str, Any]) -> None:
        self._saved = {key: encode(value) for key, value in data.items()}
        self._cleared = False

    def load(self) -> dict[str, Any]:
        """Load the content; a session that is not there gives none, and loses its key."""
        with _manager().load_value(self.session_key) as session:
            return self._take(session)

    async def aload(self) -> dict[str, Any]:
        """Load, see load()."""
        with await aio.load_value(await _amanager(), self.session_key) as session:
            return self._take(session)

    def exists(self, session_key: str | None) -> bool:
        """Tell whether the store has the session of a key."""
        if not session_key or not self._validate_session_key(session_key):
            return False
        with _manager().load_value(session_key) as session:
            return session.origin == Origin.RESTORED

    async def aexists(self, session_key: str | None) -> bool:
        """Tell, see exists()."""
        if not session_key or not self._validate_session_key(session_key):
            return False
        with await aio.load_value(await _amanager(), session_key) as session:
            return session.origin == Origin.RESTORED

    # ---- saving ----

    def clear(self) -> None:
        """Remove everything, also what parallel requests have added meanwhile."""
        super().clear()
        self._cleared = True

    def _apply(self, session: Session, data: dict[str, Any]) -> None:
        """Change in `session` what was changed here since loading."""
        if _MARKER in data:
            raise ValueError(f"The session engine keeps the key {_MARKER} for itself.")
        if self._cleared or session.origin != Origin.RESTORED:
            session.clear()
            self._saved = {}
        for key in self._saved.keys() - data.keys():
            session.pop(key, None)
        for key, value in data.items():
            text = encode(value)
            if text != self._saved.get(key):
                session._set_json(key, text)
        if _MARKER not in session:
            session[_MARKER] = True

    def _finish(self, session: Session, data: dict[str, Any]) -> None:
        if session.outcome == Outcome.GONE:
            raise UpdateError
        if session.cookie_lines and session.outcome in (Outcome.CREATED, Outcome.REGENERATED):
            self._session_key = _key_of(session)
        self._remember(data)

    def create(self) -> None:
        """Make a new session with a key of its own."""
        self._session_key = None
        self.save(must_create=True)
        self.modified = True

    async def acreate(self) -> None:
        """Make a new session, see create()."""
        self._session_key = None
        await self.asave(must_create=True)
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Write what changed; UpdateError when the session is not there any more.

        With `must_create` a new session is made, and always under a new key; CreateError when this one's key is taken.
        """
        if self.session_key is None and not must_create:
            return self.create()
        if must_create and self.exists(self.session_key):
            raise CreateError
        data = self._get_session(no_load=must_create)
        age = self.get_expiry_age()
        if must_create:
            with _manager(age).new() as session:
                self._apply(session, data)
                session.commit()
                self._finish(session, data)
                if age <= 0:
                    session.destroy()
            return
        with _manager(age).load_value(self.session_key) as session:
            if session.origin == Origin.RESTORED:
                self._apply(session, data)
                session.destroy() if age <= 0 else session.commit()
                self._finish(session, data)
                return
            expired = session.origin == Origin.REFUSED_EXPIRED
        # It lives, but has not been written for longer than it shall live from now on: written, it can be shortened.
        if expired:
            with _manager().load_value(self.session_key) as session:
                if session.origin == Origin.RESTORED and _MARKER in session and session.commit() != Outcome.GONE:
                    return self.save()
        raise UpdateError

    async def asave(self, must_create: bool = False) -> None:
        """Write what changed, see save()."""
        if self.session_key is None and not must_create:
            return await self.acreate()
        if must_create and await self.aexists(self.session_key):
            raise CreateError
        data = await self._aget_session(no_load=must_create)
        age = await self.aget_expiry_age()
        if must_create:
            with (await _amanager(age)).new() as session:
                self._apply(session, data)
                await aio.commit(session)
                self._finish(session, data)
                if age <= 0:
                    await aio.destroy(session)
            return
        with await aio.load_value(await _amanager(age), self.session_key) as session:
            if session.origin == Origin.RESTORED:
                self._apply(session, data)
                await (aio.destroy(session) if age <= 0 else aio.commit(session))
                self._finish(session, data)
                return
            expired = session.origin == Origin.REFUSED_EXPIRED
        if expired:
            with await aio.load_value(await _amanager(), self.session_key) as session:
                if session.origin == Origin.RESTORED and _MARKER in session:
                    if await aio.commit(session) != Outcome.GONE:
                        return await self.asave()
        raise UpdateError

    # ---- ending ----

    def cycle_key(self) -> None:
        """Move the session to a new key in one step, with what parallel requests have written."""
        data = self._get_session()
        if self.session_key is not None:
            with _manager(self.get_expiry_age()).load_value(self.session_key) as session:
                if session.origin == Origin.RESTORED:
                    self._apply(session, data)
                    if session.regenerate() == Outcome.REGENERATED:
                        self._finish(session, data)
                        self.modified = True
                        return
        super().cycle_key()

    async def acycle_key(self) -> None:
        """Move the session, see cycle_key()."""
        data = await self._aget_session()
        if self.session_key is not None:
            with await aio.load_value(await _amanager(await self.aget_expiry_age()), self.session_key) as session:
                if session.origin == Origin.RESTORED:
                    self._apply(session, data)
                    if await aio.regenerate(session) == Outcome.REGENERATED:
                        self._finish(session, data)
                        self.modified = True
                        return
        await super().acycle_key()

    def delete(self, session_key: str | None = None) -> None:
        """End the session of a key, by default this one's."""
        key = session_key or self.session_key
        if key is not None and self._validate_session_key(key):
            with _manager().load_value(key) as session:
                session.destroy()

    async def adelete(self, session_key: str | None = None) -> None:
        """End a session, see delete()."""
        key = session_key or self.session_key
        if key is not None and self._validate_session_key(key):
            with await aio.load_value(await _amanager(), key) as session:
                await aio.destroy(session)

    @classmethod
    def clear_expired(cls) -> None:
        """Drop expired sessions from the store, for the command clearsessions."""
        while _manager().sweep(_SWEPT_AT_ONCE) == _SWEPT_AT_ONCE:
            pass
