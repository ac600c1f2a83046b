"""SessionMiddleware: loads the session of a request, and writes it as the response starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sessions.errors import SessionsError, StoredDataError, StoreUnavailableError
from sessions.starlette.contract import CookieSettings, RequestSession, RequestSessions, SameSiteName, SessionBackend

_STARTS: Final = ("http.response.start", "websocket.accept", "websocket.http.response.start")
_TRY_AGAIN_LATER: Final = 1013  # RFC 6455, registry of close codes

Headers = list[tuple[bytes, bytes]]


ErrorResponse = Callable[[SessionsError], ASGIApp | None]


def unavailable(error: SessionsError) -> ASGIApp | None:
    """Return 503 for a store that cannot be asked; other errors are raised."""
    if not isinstance(error, (StoreUnavailableError, StoredDataError)):
        return None
    return PlainTextResponse("The session store is not available. Please try again later.\n", 503)


def _headers_of(message: Message) -> Headers:
    """Return a copy of its headers, with names in lower case as ASGI has them."""
    return [(name.lower(), value) for name, value in message.get("headers", ())]


def _has_token(headers: Headers, name: bytes, *tokens: bytes) -> bool:
    """Whether a header that is a list has one of the tokens."""
    values = b",".join([value for key, value in headers if key == name])
    return any(token.strip().lower() in tokens for token in values.split(b","))


def _with_session(headers: Headers, session: RequestSession) -> Headers:
    """Return the headers of the application with those that the session needs."""
    cookie_lines, varies_by_cookie, must_not_be_cached = session._head()
    names = [name for name, _ in headers]
    if must_not_be_cached and not (b"cache-control" in names and _has_token(headers, b"cache-control", b"no-store")):
        if b"cache-control" in names:
            headers = [header for header in headers if header[0] != b"cache-control"]
        headers.append((b"cache-control", b"no-store"))
    if varies_by_cookie and not (b"vary" in names and _has_token(headers, b"vary", b"cookie", b"*")):
        headers.append((b"vary", b"Cookie"))
    for line in cookie_lines:
        headers.append((b"set-cookie", line.encode("latin-1")))
    return headers


class _Answer:
    """What one request is sent: its session is saved before the head goes out."""

    __slots__ = ("_error_response", "_is_failed", "_is_started", "_receive", "_scope", "_send", "_sessions", "session")

    def __init__(
        self, sessions: RequestSessions, error_response: ErrorResponse, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._sessions = sessions
        self._error_response = error_response
        self._scope = scope
        self._receive = receive
        self._send = send
        self.session: Any = None
        self._is_started = False
        self._is_failed = False

    async def send(self, message: Message) -> None:
        """Send what the application sends, once the session is saved, or the response to the error of that."""
        if self._is_failed:
            return
        if message["type"] in _STARTS and not self._is_started:
            try:
                await self._sessions.save(self.session)
            except SessionsError as error:
                if await self.fail(error):
                    return
                raise
            self._is_started = True
            message["headers"] = _with_session(_headers_of(message), self.session)
        await self._send(message)

    async def finish(self) -> None:
        """Save what a websocket did after its head; a browser that has no cookie of the session keeps none."""
        if self._scope["type"] == "websocket" and not self._is_failed and self._sessions.is_kept(self.session):
            await self._sessions.save(self.session)

    async def fail(self, error: SessionsError) -> bool:
        """Send the response to an error instead of the application's; False when that has started, or there is none."""
        response = None if self._is_started or self._is_failed else self._error_response(error)
        if response is None:
            return False
        self._is_failed = True
        if self._scope["type"] == "websocket" and "websocket.http.response" not in self._scope.get("extensions", {}):
            await self._send({"type": "websocket.close", "code": _TRY_AGAIN_LATER})
        else:
            await response(self._scope, self._receive, self._send_unsaved)
        return True

    async def _send_unsaved(self, message: Message) -> None:
        if message["type"] in _STARTS and self.session is not None:
            message["headers"] = _with_session(_headers_of(message), self.session)
        await self._send(message)


class SessionMiddleware:
    """Makes ``request.session``, and ``websocket.session``, of a backend and a cookie.

    The session is saved as the response starts; what is changed later is lost. A websocket's is saved as it is accepted
    and when it has ended, but only the first can send a cookie. A request whose store cannot be asked is answered with
    503, and never seen with an empty session.
    """

    def __init__(
        self,
        app: ASGIApp,
        backend: SessionBackend,
        cookie_name: str = "session",
        path: str = "/",
        same_site: SameSiteName = "lax",
        https_only: bool = False,
        *,
        error_response: ErrorResponse = unavailable,
    ) -> None:
        """Wrap `app`.

        `error_response` makes the response to a request that an error of the library has failed, such as a
        JSONResponse; when it returns None, the error is raised.
        """
        if not isinstance(backend, SessionBackend):
            raise TypeError("backend is one of sessions.starlette's, or of a subclass of BaseSessionBackend.")
        self.app = app
        self._sessions = backend._sessions(CookieSettings(cookie_name, path, same_site, https_only))
        self._error_response = error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        answer = _Answer(self._sessions, self._error_response, scope, receive, send)
        cookies = b"; ".join([value for name, value in scope["headers"] if name == b"cookie"])
        try:
            answer.session = scope["session"] = await self._sessions.load(cookies)
            await self.app(scope, receive, answer.send)
            await answer.finish()
        except SessionsError as error:
            if not await answer.fail(error):
                raise
        finally:
            if answer.session is not None:
                answer.session.close()
