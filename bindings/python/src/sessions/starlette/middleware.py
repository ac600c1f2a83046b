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


def _tokens(headers: Headers, name: bytes) -> set[bytes]:
    values = [value for key, value in headers if key.lower() == name]
    return {token.strip().lower() for token in b",".join(values).split(b",")}


def _with_session(headers: Headers, session: RequestSession) -> Headers:
    if session.must_not_be_cached and b"no-store" not in _tokens(headers, b"cache-control"):
        headers = [header for header in headers if header[0].lower() != b"cache-control"]
        headers.append((b"cache-control", b"no-store"))
    if session.varies_by_cookie and not {b"cookie", b"*"} & _tokens(headers, b"vary"):
        headers.append((b"vary", b"Cookie"))
    for line in session.cookie_lines:
        headers.append((b"set-cookie", line.encode("latin-1")))
    return headers


class _Answer:
    """What one request is sent: its session is saved before the head goes out."""

    __slots__ = ("_error_response", "_is_failed", "_is_started", "_receive", "_scope", "_send", "_session", "_sessions")

    def __init__(
        self, sessions: RequestSessions, error_response: ErrorResponse, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._sessions = sessions
        self._error_response = error_response
        self._scope = scope
        self._receive = receive
        self._send = send
        self._session: Any = None
        self._is_started = False
        self._is_failed = False

    async def load(self) -> Any:
        """Return the session that the request's Cookie headers name."""
        cookies = b"; ".join([value for name, value in self._scope["headers"] if name == b"cookie"])
        self._session = await self._sessions.load(cookies)
        return self._session

    async def send(self, message: Message) -> None:
        """Send what the application sends, once the session is saved, or the response to the error of that."""
        if self._is_failed:
            return
        if message["type"] in _STARTS and not self._is_started:
            try:
                await self._sessions.save(self._session)
            except SessionsError as error:
                if await self.fail(error):
                    return
                raise
            self._is_started = True
            message["headers"] = _with_session(list(message.get("headers", ())), self._session)
        await self._send(message)

    async def finish(self) -> None:
        """Save what a websocket did after its head; a browser that has no cookie of the session keeps none."""
        if self._scope["type"] == "websocket" and not self._is_failed and self._sessions.is_kept(self._session):
            await self._sessions.save(self._session)

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
        if message["type"] in _STARTS and self._session is not None:
            message["headers"] = _with_session(list(message.get("headers", ())), self._session)
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
        session = None
        try:
            session = scope["session"] = await answer.load()
            await self.app(scope, receive, answer.send)
            await answer.finish()
        except SessionsError as error:
            if not await answer.fail(error):
                raise
        finally:
            if session is not None:
                session.close()
