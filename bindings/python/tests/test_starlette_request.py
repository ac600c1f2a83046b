"""How a request comes to its session: its headers, and loading without a wait."""

import asyncio
import collections
import gc
import sys
from typing import Any

import pytest
from asgi import BACKENDS, Connection, answering, start
from test_starlette import SECRET

import sessions
from sessions import _native
from sessions.starlette import CookieSessionBackend, SessionMiddleware
from sessions.starlette.middleware import _Answer


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Any:
    return BACKENDS[request.param]()


def cookie() -> bytes:
    [message] = Connection().meet(answering(start()))
    return bytes(message["headers"][-1][1].split(b";")[0])


@pytest.mark.parametrize("as_header", [tuple, list], ids=["tuples", "lists"])
@pytest.mark.parametrize("as_headers", [list, tuple], ids=["list", "tuple"])
def test_cookie_headers(as_headers: Any, as_header: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        seen.append(scope["session"].get("visits"))

    seen: list[Any] = []
    mine = (b"cookie", cookie())
    for headers in (
        [],
        [(b"host", b"h")],
        [(b"Cookie", mine[1])],
        [(b"host", b"h"), mine],
        [mine, (b"cookie", b"a=b")],
    ):
        Connection(as_headers(map(as_header, headers))).meet(app)
    half = len(mine[1]) // 2
    Connection([(b"cookie", mine[1][:half]), (b"cookie", mine[1][half:])]).meet(app)
    assert seen == [None, None, None, 1, 1, None]


@pytest.mark.parametrize("headers", [[(b"cookie", "text")], [(b"cookie",)], [(b"a", b"b", b"c")], 7])
def test_headers_of_a_request_that_are_none(headers: Any, backend: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        Connection(headers).meet(answering(), backend)


# ---- loading at once ----


class Scope(dict[str, Any]):
    """A scope of a form of its own."""


def arguments(connection: Connection, scope: Any = None) -> tuple[Any, ...]:
    scope = connection.scope if scope is None else scope
    return _Answer, sessions.Session, None, scope, connection.receive, connection.send


def at_once() -> _native.Manager:
    config = sessions.Config(keys=[SECRET], plain_http=True)
    return sessions.Manager(sessions.Backend("signed-cookie:"), config)._open()


@pytest.mark.parametrize("headers", [[], [(b"host", b"h"), (b"cookie", b"a=b")]])
def test_answer_at_once(headers: Any) -> None:
    connection = Connection(headers)
    answer = at_once().answer(*arguments(connection))
    assert type(answer) is _Answer and type(answer._session) is sessions.Session
    assert connection.scope["session"] is answer._session and answer._scope is connection.scope
    assert (answer._receive, answer._send) == (connection.receive, connection.send)
    answer._session["visits"] = 1
    asyncio.run(answer.send(start()))  # type: ignore[arg-type]
    assert connection.sent[0]["headers"][-1][0] == b"set-cookie"


@pytest.mark.parametrize(
    "scope",
    [
        Scope(headers=[]),
        collections.UserDict(headers=[]),
        {},
        {"headers": ()},
        {"headers": [[b"cookie", b"a=b"]]},
        {"headers": [(b"cookie", b"a=b")] * 2},
    ],
)
def test_answer_at_once_leaves_other_forms(scope: Any) -> None:
    assert at_once().answer(*arguments(Connection(), scope)) is None
    assert "session" not in scope


def test_answer_at_once_of_the_wrong_things() -> None:
    right = arguments(Connection())
    wrong: list[Any] = [(), right[:5], (*right, 1), (int, *right[1:]), (7, *right[1:]), (_Answer, int, *right[2:])]
    for each in wrong:
        with pytest.raises(TypeError):
            at_once().answer(*each)


@pytest.mark.parametrize("form", [Scope, collections.UserDict])
def test_scopes_of_any_form(form: Any, backend: Any) -> None:
    connection = Connection()
    connection.scope = form(connection.scope)
    [message] = connection.meet(answering(start()), backend)
    assert message["headers"][-1][0] == b"set-cookie" and connection.scope["session"]["visits"] == 1


def test_error_of_loading_at_once() -> None:
    """Neither leaks, nor leaves half a session."""

    def refuse(data: bytes) -> Any:
        raise sessions.StoreUnavailableError("the key server is down")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("not without a session")

    backend = CookieSessionBackend(deserializer=refuse)
    [message] = Connection().meet(answering(start()), backend)
    cookie = message["headers"][-1][1].split(b";")[0]

    async def serve(times: int) -> None:
        middleware = SessionMiddleware(app, backend)
        for _ in range(times):
            connection = Connection([(b"cookie", cookie)])
            await middleware(connection.scope, connection.receive, connection.send)
            assert connection.sent[0]["status"] == 503 and "session" not in connection.scope

    asyncio.run(serve(50))
    gc.collect()
    before = sys.getallocatedblocks()
    asyncio.run(serve(500))
    gc.collect()
    assert sys.getallocatedblocks() - before < 200
