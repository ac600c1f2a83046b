"""Sessions for any WSGI application.

``application = SessionMiddleware(application, manager)`` puts the session of each request into
``environ["sessions.session"]``. It is committed just before the headers go out, with the first bytes of the body;
what is changed later is lost. When the store cannot be asked, the answer is 503; all other
exceptions are raised.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from sessions.errors import StoreUnavailableError
from sessions.manager import Manager
from sessions.session import Session

if TYPE_CHECKING:
    from _typeshed import OptExcInfo
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

#: Where the session is in the environ.
ENVIRON_KEY: Final = "sessions.session"

_MESSAGE = b"The session store is not available. Please try again later.\n"

Headers = list[tuple[str, str]]


def _tokens(headers: Headers, name: str) -> set[str]:
    values = (value for key, value in headers if key.lower() == name)
    return {token.strip().lower() for value in values for token in value.split(",")}


def _with_session(headers: Headers, session: Session) -> Headers:
    result = list(headers)
    if session.must_not_be_cached and not _tokens(result, "cache-control") >= {"private", "no-store"}:
        result = [header for header in result if header[0].lower() != "cache-control"]
        result.append(("Cache-Control", "private, no-store"))
    if session.varies_by_cookie and not {"cookie", "*"} & _tokens(result, "vary"):
        result.append(("Vary", "Cookie"))
    return result + [("Set-Cookie", line) for line in session.cookie_lines]


def _unavailable(start_response: StartResponse) -> list[bytes]:
    headers = [
        ("Content-Type", "text/plain; charset=utf-8"),
        ("Content-Length", str(len(_MESSAGE))),
        ("Cache-Control", "no-store"),
    ]
    start_response("503 Service Unavailable", headers)
    return [_MESSAGE]


class _Response:
    """What one request answers: holds the headers back until the session is committed."""

    def __init__(self, session: Session, start_response: StartResponse) -> None:
        self._session = session
        self._start_response = start_response
        self._head: tuple[str, Headers, OptExcInfo | None] | None = None
        self._write: Callable[[bytes], object] | None = None

    def start(self, status: str, headers: Headers, exc_info: OptExcInfo | None = None, /) -> Callable[[bytes], object]:
        """Take the head from the application."""
        if self._write is not None:
            # The server raises exc_info, or complains that there is none.
            return self._start_response(status, headers, exc_info)
        if self._head is not None and exc_info is None:
            raise AssertionError("start_response was called twice without exc_info")
        self._head = status, headers, exc_info
        return self.write

    @property
    def is_started(self) -> bool:
        """Whether the head went out."""
        return self._write is not None

    def send_head(self) -> Callable[[bytes], object]:
        """Commit and start the response, unless that was done."""
        if self._write is None:
            if self._head is None:
                raise AssertionError("the application did not call start_response")
            self._session.commit()
            status, headers, exc_info = self._head
            self._write = self._start_response(status, _with_session(headers, self._session), exc_info)
        return self._write

    def write(self, data: bytes) -> object:
        """Write as PEP 3333 has it for old applications."""
        return self.send_head()(data)


class _Body:
    """The rest of a body, whose end closes the session and what the application returned."""

    def __init__(self, chunks: Iterator[bytes], source: Iterable[bytes], session: Session) -> None:
        self._chunks = chunks
        self._source = source
        self._session = session

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        try:
            _close(self._source)
        finally:
            self._session.close()


def _close(source: Any) -> None:
    if hasattr(source, "close"):
        source.close()


class SessionMiddleware:
    """A WSGI application around another one, which finds its session in the environ."""

    def __init__(self, app: WSGIApplication, manager: Manager) -> None:
        """Wrap `app`; its sessions are those of `manager`."""
        self.app = app
        self.manager = manager

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request."""
        try:
            session = self.manager.load(environ.get("HTTP_COOKIE", "").encode("latin-1"))
        except StoreUnavailableError:
            return _unavailable(start_response)
        environ[ENVIRON_KEY] = session
        try:
            return self._respond(environ, start_response, session)
        except BaseException:
            session.close()
            raise

    def _respond(self, environ: WSGIEnvironment, start_response: StartResponse, session: Session) -> Iterable[bytes]:
        response = _Response(session, start_response)
        source: Iterable[bytes] = ()
        try:
            source = self.app(environ, response.start)
            # A list keeps its length, of which servers make a Content-Length.
            if isinstance(source, (list, tuple)):
                response.send_head()
                session.close()
                return source
            rest = iter(source)
            first = next((chunk for chunk in rest if chunk), b"")
            response.send_head()
            return _Body(chain((first,), rest), source, session)
        except BaseException as error:
            _close(source)
            if response.is_started or not isinstance(error, StoreUnavailableError):
                raise
            session.close()
            return _unavailable(start_response)
