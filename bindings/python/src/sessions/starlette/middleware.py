"""SessionMiddleware: loads the session of a request, and writes it as the response starts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Final

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect

from sessions import _native
from sessions.errors import SessionsError, StoreUnavailableError
from sessions.session import Session
from sessions.starlette.contract import CookieSettings, SameSiteName, SessionBackend

_STARTS: Final = ("http.response.start", "websocket.accept", "websocket.http.response.start")
_TRY_AGAIN_LATER: Final = 1013  # RFC 6455, registry of close codes

_CACHE_HEADERS: Final = frozenset((b"cache-control", b"vary"))
_PRIVATE: Final = (b"cache-control", b"private, no-store")

Headers = list[tuple[bytes, bytes]]
ErrorResponse = Callable[[SessionsError], ASGIApp | None]


def unavailable(error: SessionsError) -> ASGIApp | None:
    """Return 503 for a store that cannot be asked; other errors are raised."""
    if not isinstance(error, StoreUnavailableError):
        return None
    message = "The session store is not available. Please try again later.\n"
    return PlainTextResponse(message, 503, {"Cache-Control": "no-store"})


def _is_said(headers: Headers, header: tuple[bytes, bytes]) -> bool:
    """Whether the application has said the same to caches."""
    if header[0] == b"vary":
        return bool(_tokens(headers, b"vary") & {b"cookie", b"*"})
    return header == _PRIVATE and _tokens(headers, b"cache-control") >= {b"private", b"no-store"}


def _tokens(headers: Headers, name: bytes) -> set[bytes]:
    """Return what a header says that is a list."""
    values = (value for key, value in headers if key == name)
    return {token.strip().lower() for value in values for token in value.split(b",")}


def _cookies_of(headers: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Join the Cookie headers of a request."""
    cookies = _native.cookies_of(headers)
    if cookies is None:
        cookies = b"; ".join([value for name, value in headers if name == b"cookie"])
    return cookies


async def _nothing() -> None:
    """Send nothing."""


class _Answer(_native.Answer):
    """What one request is sent: its session is saved before the head goes out.

    ``send`` of the base class is for the application. It saves a session of which no call waits, and passes on all that
    follows the head; the methods here are for the rest.
    """

    __slots__ = ()

    def _start(self, message: Message) -> Awaitable[None]:
        """Send the head once the session is saved, or the response to the error of that."""
        if self._is_failed:
            return _nothing()
        if message["type"] in _STARTS:
            try:
                under_way = self._middleware._sessions.save(self._session)
            except SessionsError as error:
                return self._fail_or_raise(error)
            if under_way is not None:
                return self._start_after(under_way, message)
            self._is_started = True
            self._add_headers(message)
        return self._send(message)

    def _add_headers(self, message: Message) -> None:
        """Add the headers that the session needs to those of the application."""
        headers: Headers = list(message.get("headers", ()))
        added = self._session._headers()
        for name, _ in headers:
            if name in _CACHE_HEADERS:
                added = [header for header in added if not _is_said(headers, header)]
                if _PRIVATE in added:
                    headers = [header for header in headers if header[0] != b"cache-control"]
                break
        message["headers"] = headers + added

    async def _start_after(self, under_way: Awaitable[object], message: Message) -> None:
        try:
            await under_way
        except SessionsError as error:
            await self._fail_or_raise(error)
            return
        self._is_started = True
        self._add_headers(message)
        await self._send(message)

    async def _fail_or_raise(self, error: SessionsError) -> None:
        if not await self.fail(error):
            raise error

    async def finish(self) -> None:
        """Save what a websocket did after its head; a browser that has no cookie of the session keeps none."""
        sessions = self._middleware._sessions
        if self._is_failed or not sessions.is_kept(self._session):
            return
        if (under_way := sessions.save(self._session)) is not None:
            await under_way

    async def fail(self, error: SessionsError) -> bool:
        """Send the response to an error instead of the application's; False when that has started, or there is none."""
        response = None if self._is_started or self._is_failed else self._middleware._error_response(error)
        if response is None:
            return False
        self._is_failed = True
        if self._scope["type"] == "websocket" and "websocket.http.response" not in self._scope.get("extensions", {}):
            await self._send({"type": "websocket.close", "code": _TRY_AGAIN_LATER})
        else:
            await response(self._scope, self._receive, self._send_unsaved)
        return True

    async def _send_unsaved(self, message: Message) -> None:
        if self._session is not None and message["type"] in _STARTS:
            self._add_headers(message)
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
        self._at_once = self._sessions.at_once
        self._error_response = error_response

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        kind = scope["type"]
        if kind != "http" and kind != "websocket":
            await self.app(scope, receive, send)
            return
        answer = None
        try:
            if self._at_once is not None:
                answer = self._at_once.answer(_Answer, Session, self, scope, receive, send)
            if answer is None:
                session, under_way = self._sessions.load(_cookies_of(scope["headers"]))
                if under_way is not None:
                    await under_way
                scope["session"] = session
                answer = _Answer(self, session, scope, receive, send, self._at_once is not None)
            try:
                await self.app(scope, receive, answer.send)
            except WebSocketDisconnect:
                await answer.finish()
                raise
            if kind == "websocket":
                await answer.finish()
        except SessionsError as error:
            if not await (answer or _Answer(self, None, scope, receive, send, False)).fail(error):
                raise
