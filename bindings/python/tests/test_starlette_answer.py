"""What the middleware does with the messages and headers of servers and applications, without a server between."""

import asyncio
import collections
import gc
import subprocess
import sys
import threading
import weakref
from typing import Any

import pytest
from asgi import BACKENDS, App, Connection, Message, answering, start
from test_starlette import SECRET, Own

import sessions
from sessions import _native
from sessions.starlette import (
    CookieSessionBackend,
    SessionMiddleware,
    SignedCookieSessionBackend,
)
from sessions.starlette.middleware import _Answer

VARY = (b"vary", b"Cookie")
PRIVATE = (b"cache-control", b"private, no-store")


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Any:
    return BACKENDS[request.param]()


# ---- headers of the response ----


@pytest.mark.parametrize(
    ("headers", "kept"),
    [
        ({}, []),
        ({"headers": []}, []),
        ({"headers": ()}, []),
        ({"headers": [(b"a", b"b"), (b"a", b"c")]}, [(b"a", b"b"), (b"a", b"c")]),
        ({"headers": ((b"a", b"b"),)}, [(b"a", b"b")]),
        ({"headers": [[b"a", b"b"]]}, [[b"a", b"b"]]),
        ({"headers": [(b"Vary", b"a")]}, [(b"Vary", b"a")]),
    ],
)
def test_headers_of_any_form(headers: dict[str, Any], kept: list[Any], backend: Any) -> None:
    before = [*headers.get("headers", ())]
    [message, body] = Connection().meet(answering(start(**headers), {"type": "http.response.body"}), backend)
    *others, (name, line) = message["headers"]
    assert others[: len(kept)] == kept and name == b"set-cookie" and line.startswith(b"session=")
    assert others[len(kept) :] == [PRIVATE]
    assert [*headers.get("headers", ())] == before, "the application's own list is not changed"
    assert body == {"type": "http.response.body"}


def test_headers_of_an_iterator(backend: Any) -> None:
    [message] = Connection().meet(answering(start(headers=iter([(b"a", b"b")]))), backend)
    assert message["headers"][0] == (b"a", b"b") and message["headers"][-1][0] == b"set-cookie"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((b"vary", b"Accept"), [(b"vary", b"Accept"), PRIVATE]),
        ((b"cache-control", b"max-age=9"), [PRIVATE]),
        ((b"cache-control", b"no-store"), [PRIVATE]),
        ((b"cache-control", b"No-Store, private,a=1"), [(b"cache-control", b"No-Store, private,a=1")]),
    ],
)
def test_what_is_said_to_caches_is_said_once(said: Any, expected: list[Any]) -> None:
    [message] = Connection().meet(answering(start(headers=[said])))
    assert message["headers"][:-1] == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ((b"a", b"b"), [(b"a", b"b"), VARY]),
        ((b"vary", b"Accept"), [(b"vary", b"Accept"), VARY]),
        ((b"vary", b"Accept, cookie"), [(b"vary", b"Accept, cookie")]),
        ((b"vary", b"*"), [(b"vary", b"*")]),
        ((b"cache-control", b"max-age=9"), [(b"cache-control", b"max-age=9"), VARY]),
    ],
)
def test_what_shows_no_session_may_be_cached(said: Any, expected: list[Any], backend: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        assert "visits" not in scope["session"]
        await send(start(headers=[said]))

    [message] = Connection().meet(app, backend)
    assert message["headers"] == expected


@pytest.mark.parametrize("headers", [[(b"a",)], [(b"a", b"b", b"c")], [7], 7, None])
def test_headers_that_are_none(headers: Any, backend: Any) -> None:
    connection = Connection()
    with pytest.raises((TypeError, ValueError)):
        connection.meet(answering(start(headers=headers)), backend)
    assert connection.sent == []


def test_iterator_that_closes_the_session(backend: Any) -> None:
    if isinstance(backend, Own):
        pytest.skip("its sessions cannot be closed")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        def headers() -> Any:
            yield b"a", b"b"
            scope["session"].close()

        await send(start(headers=headers()))

    connection = Connection()
    with pytest.raises(sessions.CallerError):
        connection.meet(app, backend)
    assert connection.sent == []


# ---- messages ----


def test_message_without_type(backend: Any) -> None:
    connection = Connection()
    with pytest.raises(KeyError):
        connection.meet(answering({"status": 200}), backend)
    with pytest.raises(TypeError):
        connection.meet(answering(7), backend)  # type: ignore[arg-type]
    assert connection.sent == []


def test_other_messages_pass(backend: Any) -> None:
    early, late = {"type": "http.response.early"}, {"type": b"http.response.start"}
    assert Connection().meet(answering(early, late), backend) == [early, late]


def test_message_that_is_no_dict(backend: Any) -> None:
    message = collections.UserDict(start())
    [sent] = Connection().meet(answering(message), backend)
    assert sent is message and sent["headers"][-1][0] == b"set-cookie"


def test_session_is_saved_once() -> None:
    first, second = Connection().meet(answering(start(), start(headers=[])))
    assert first["headers"][-1][0] == b"set-cookie" and second["headers"] == []


@pytest.mark.parametrize("is_async", [False, True])
def test_exception_of_the_server(is_async: bool, backend: Any) -> None:
    def refuse(message: Message) -> Any:
        raise OSError(message["type"])

    async def refuse_later(message: Message) -> None:
        raise OSError(message["type"])

    seen: list[str] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["session"]["a"] = 1
        for message in (start(), {"type": "http.response.body"}):
            try:
                await send(message)
            except OSError as error:
                seen.append(str(error))

    connection = Connection()
    connection.send = refuse_later if is_async else refuse  # type: ignore[method-assign]
    connection.meet(app, backend)
    assert seen == ["http.response.start", "http.response.body"]


def test_what_is_awaited_is_the_servers() -> None:
    given: list[object] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        given.extend([send(start()), send({"type": "http.response.body"})])

    connection = Connection()
    connection.send = lambda message: message["type"]  # type: ignore[method-assign]
    connection.meet(app)
    assert given == ["http.response.start", "http.response.body"]


# ---- failures of saving ----


def too_much(*messages: Message) -> App:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["session"]["a"] = "a" * 9000
        for message in messages:
            await send(message)

    return app


def test_error_of_saving() -> None:
    async def response(scope: Any, receive: Any, send: Any) -> None:
        await send(start(headers=[(b"a", b"b")]))

    app = too_much(start(), {"type": "http.response.body"}, start())
    [message] = Connection().meet(app, error_response=lambda error: response)
    assert message["headers"][0] == (b"a", b"b") and b"set-cookie" not in dict(message["headers"])
    connection = Connection()
    with pytest.raises(sessions.SessionsError):
        connection.meet(app)
    assert connection.sent == []


def test_exception_that_is_no_error_of_saving() -> None:
    class Broken(dict[str, Any]):
        def items(self) -> Any:
            raise OSError("a defect of the program")

    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["session"]["a"] = broken = Broken()
        dict.__setitem__(broken, "a", 1)
        await send(start())

    asked: list[Exception] = []
    with pytest.raises(OSError, match="a defect of the program"):
        Connection().meet(app, error_response=asked.append)
    assert asked == []


def test_list_that_cannot_be_saved_tells_where() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["session"]["a"] = pages = [1]
        pages.append(object())  # type: ignore[arg-type]
        await send(start())

    with pytest.raises(TypeError) as raised:
        Connection().meet(app)
    assert any(entry.name == "_write_nested" for entry in raised.traceback)


def test_sending_while_saving() -> None:
    """A serializer that sends, and one that another thread finds at work."""
    send: list[Any] = []
    errors: list[Any] = []

    def try_to_send() -> None:
        try:
            asyncio.run(again())
        except sessions.CallerError as error:
            errors.append(error)

    async def again() -> None:
        await send[0](start())

    def encode(content: Any) -> bytes:
        thread = threading.Thread(target=try_to_send)
        thread.start()
        thread.join()
        coroutine = send[0](start())
        try:
            coroutine.send(None)
        except sessions.CallerError as error:
            errors.append(error)
        return repr(dict(content)).encode()

    async def app(scope: Any, receive: Any, given: Any) -> None:
        send.append(given)
        scope["session"]["a"] = 1
        await given(start())

    [message] = Connection().meet(app, CookieSessionBackend(serializer=encode))
    assert message["headers"][-1][0] == b"set-cookie" and len(errors) == 2


# ---- memory ----


class Tracked:
    """What a weak reference can watch."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Any] = []

    async def __call__(self) -> Message:
        return {}


def test_cycles_are_collected(backend: Any) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["session"]["a"] = [1]
        scope["mine"] = receive.held = [scope, send, scope["session"]]
        await send(start())

    connection, tracked = Connection(), Tracked()
    connection.receive = tracked  # type: ignore[method-assign]
    connection.meet(app, backend)
    watched = weakref.ref(tracked)
    del connection, tracked
    gc.collect()
    assert watched() is None


def test_nothing_is_left_behind() -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["session"]["a"] = 1
        await send(start(headers=[(b"a", b"b")]))
        await send({"type": "http.response.body"})

    async def serve(times: int, app: Any = app) -> None:
        middleware = SessionMiddleware(app, SignedCookieSessionBackend(SECRET))
        for _ in range(times):
            connection = Connection([(b"host", b"h"), (b"cookie", b"a=b")])
            try:
                await middleware(connection.scope, connection.receive, connection.send)
            except (sessions.SessionsError, KeyError, ValueError):
                pass

    bad = [answering(start(headers=[(b"a",)])), answering({"a": 1}), too_much(start())]
    for each in (app, *bad):
        asyncio.run(serve(50, each))
        gc.collect()
        before = sys.getallocatedblocks(), sys.getrefcount(_Answer)
        asyncio.run(serve(500, each))
        gc.collect()
        assert sys.getallocatedblocks() - before[0] < 200 and sys.getrefcount(_Answer) == before[1]


def test_every_allocation_may_set_off_a_collection(backend: Any) -> None:
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        for _ in range(20):
            [message] = Connection([(b"cookie", b"a=b")]).meet(answering(start(headers=[(b"a", b"b")])), backend)
            assert message["headers"][-1][0] == b"set-cookie"
    finally:
        gc.set_threshold(*threshold)


def test_answer_of_the_wrong_things() -> None:
    wrong: list[Any] = [(), (1,) * 5, (1,) * 7, (None, {}, {}, None, None, True)]
    for arguments in wrong:
        with pytest.raises(TypeError):
            _native.Answer(*arguments)


def test_end_of_the_interpreter_with_an_answer_under_way() -> None:
    program = """
import asyncio
from sessions.starlette import SessionMiddleware, SignedCookieSessionBackend

held = []

async def app(scope, receive, send):
    scope["session"]["a"] = 1
    scope["send"] = send
    held.append((scope, send))
    send({"type": "http.response.start"})

async def send(message):
    pass

middleware = SessionMiddleware(app, SignedCookieSessionBackend("k" * 32))
for _ in range(3):
    coroutine = middleware({"type": "http", "headers": []}, None, send)
    try:
        coroutine.send(None)
    except StopIteration:
        pass
unstarted = middleware({"type": "http", "headers": []}, None, send)
print("said")
"""
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "said\n"), done.stderr
