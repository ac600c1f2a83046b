"""What the middleware asks of a backend."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Sequence
from typing import Any, Final, Literal, NamedTuple, Protocol

from sessions import _native
from sessions._arguments import require
from sessions.manager import Config, SameSite

SameSiteName = Literal["lax", "strict", "none"]

TWO_WEEKS: Final = 14 * 24 * 60 * 60

LONGEST: Final = 3_155_760_000  # a hundred years: the library's sessions have an end
_SAME_SITE: Final = {"lax": SameSite.LAX, "strict": SameSite.STRICT, "none": SameSite.NONE}


def check_lifetime(name: str, seconds: int | None) -> None:
    """Refuse what is no lifetime of sessions."""
    words = "a whole number of seconds, or None for sessions without an end"
    require(name, seconds, (int, type(None)), words)
    if seconds is not None and not 1 <= seconds <= LONGEST:
        raise ValueError(f"{name} is {words}; at least 1, and at most {LONGEST}.")


class CookieSettings(NamedTuple):
    """What the middleware was told of its cookie."""

    name: str
    path: str
    same_site: SameSiteName
    https_only: bool

    def config(self, max_age: int | None, keys: Sequence[str | bytes] = (), **settings: Any) -> Config:
        """Make a config of them, and of more `settings` of Config.

        ValueError for a same_site that browsers do not take, CallerError for a name or a path that no cookie can have.
        """
        if self.same_site not in _SAME_SITE:
            raise ValueError('same_site is "lax", "strict" or "none".')
        if self.same_site == "none" and not self.https_only:
            raise ValueError('same_site="none" needs https_only=True: browsers drop the cookie otherwise.')
        return Config(
            plain_http=not self.https_only,
            cookie_name=self.name,
            cookie_path=self.path,
            same_site=_SAME_SITE[self.same_site],
            persistent=max_age is not None,
            lifetime=LONGEST if max_age is None else max_age,
            keys=keys,
            **settings,
        )


class RequestSession(Protocol):
    """The session of one request, as the middleware needs it; the program sees a mutable mapping."""

    def _headers(self) -> list[tuple[bytes, bytes]]:
        """Return the headers that the response must carry: Set-Cookie, and Cache-Control or Vary."""


class RequestSessions(Protocol):
    """Loads and saves the sessions of requests."""

    @property
    def at_once(self) -> _native.Manager | None:
        """The manager, if these are sessions of the library's of which no call ever waits."""

    def load(self, cookies: bytes, /) -> tuple[RequestSession, Awaitable[object] | None]:
        """Return the session that a Cookie header names, or a new one, and what to wait for until it is loaded."""

    def save(self, session: Any, /) -> Awaitable[object] | None:
        """Write what the request did, and return what to wait for until that is done."""

    def is_kept(self, session: Any, /) -> bool:
        """Whether the browser has, or was sent, a cookie that finds this session again."""


class SessionBackend(ABC):
    """What SessionMiddleware takes as its backend."""

    @abstractmethod
    def _sessions(self, cookie: CookieSettings) -> RequestSessions:
        """Return what loads and saves sessions that have such a cookie."""
