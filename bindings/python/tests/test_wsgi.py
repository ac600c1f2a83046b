"""The WSGI middleware, alone and around the Flask example."""

import sys
from collections.abc import Callable, Iterable, Iterator
from io import BytesIO
from typing import Any
from wsgiref.handlers import SimpleHandler
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import pytest

import sessions
from sessions.wsgi import ENVIRON_KEY, SessionMiddleware

Start = Callable[..., Any]


def manager_of(url: str = "memory:") -> sessions.Manager:
    return sessions.Manager(sessions.Backend(url), sessions.Config(keys=["k" * 32], plain_http=True))


def request(app: Any, cookie: str = "") -> tuple[str, list[tuple[str, str]], bytes]:
    environ: dict[str, Any] = {"HTTP_COOKIE": cookie}
    setup_testing_defaults(environ)
    heads: list[tuple[str, list[tuple[str, str]]]] = []
    body: list[bytes] = []

    def start(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], object]:
        heads.append((status, headers))
        return body.append

    result = app(environ, start)
    body.extend(result)
    if hasattr(result, "close"):
        result.close()
    return (*heads[-1], b"".join(body))


def values(headers: list[tuple[str, str]], name: str) -> list[str]:
    return [value for key, value in headers if key == name]


def as_list(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    visits = environ[ENVIRON_KEY].increment("visits")
    start("200 OK", [("Vary", "Accept"), ("Cache-Control", "max-age=9")])
    return [b"%d" % visits]


def as_generator(environ: dict[str, Any], start: Start) -> Iterator[bytes]:
    start("200 OK", [])
    yield b""
    yield b"%d" % environ[ENVIRON_KEY].increment("visits")
    yield b""


def as_write(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
    write = start("200 OK", [])
    write(b"%d" % environ[ENVIRON_KEY].increment("visits"))
    return []


@pytest.mark.parametrize("app", [as_list, as_generator, as_write])
def test_counts_in_a_store(app: Any, url: str) -> None:
    counts(app, url)


@pytest.mark.parametrize("app", [as_list, as_generator, as_write])
def test_counts_in_a_cookie(app: Any) -> None:
    counts(app, "signed-cookie:")


def counts(app: Any, url: str) -> None:
    wrapped = SessionMiddleware(app, manager_of(url))
    _, headers, body = request(wrapped)
    assert body == b"1"
    [line] = values(headers, "Set-Cookie")
    assert values(headers, "Cache-Control") == ["private, no-store"] and "Cookie" not in values(headers, "Vary")
    assert request(wrapped, line.split(";")[0])[2] == b"2"


def test_unused_session_adds_nothing() -> None:
    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("200 OK", [("Cache-Control", "max-age=9")])
        return [b"x"]

    assert request(SessionMiddleware(app, manager_of()))[1] == [("Cache-Control", "max-age=9")]


class Down:
    def __init__(self) -> None:
        self.down = False
        self.error: Exception = sessions.StoreUnavailableError("down", -201)
        self.blobs: dict[bytes, tuple[bytes, int]] = {}

    def get(self, key: bytes, /) -> tuple[bytes, int] | None:
        if self.down:
            raise self.error
        return self.blobs.get(key)

    def put_if_version(
        self, key: bytes, blob: bytes, expected: int, version: int, expires: int, now: int, ended: bool, /
    ) -> bool:
        if self.down:
            raise self.error
        self.blobs[key] = (blob, version)
        return True

    def delete(self, key: bytes, expected: int, /) -> bool:
        return self.blobs.pop(key, None) is not None


def test_protocol_is_kept() -> None:
    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("200 OK", [("Content-Type", "text/plain")])
        return iter([b"%d" % environ[ENVIRON_KEY].increment("visits"), b"!"])

    environ: dict[str, Any] = {"QUERY_STRING": ""}
    setup_testing_defaults(environ)
    handler = SimpleHandler(BytesIO(), output := BytesIO(), sys.stderr, environ)
    handler.run(validator(SessionMiddleware(validator(app), manager_of())))
    assert b"Set-Cookie: session=" in output.getvalue() and output.getvalue().endswith(b"1!")


def test_headers_of_the_application_are_kept() -> None:
    _, headers, _ = request(SessionMiddleware(as_list, manager_of()))
    assert values(headers, "Vary") == ["Accept"]


def test_error_page_replaces_the_head() -> None:
    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        environ[ENVIRON_KEY]["a"] = 1
        start("200 OK", [])
        try:
            raise ArithmeticError
        except ArithmeticError:
            start("500 Oh", [], sys.exc_info())
        return [b"x"]

    status, headers, _ = request(SessionMiddleware(app, manager_of()))
    assert status == "500 Oh" and values(headers, "Set-Cookie")


def test_body_is_closed() -> None:
    closed = []

    class Body:
        def __iter__(self) -> Iterator[bytes]:
            yield b"x"

        def close(self) -> None:
            closed.append(True)

    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        start("200 OK", [])
        return Body()

    request(SessionMiddleware(app, manager_of()))
    assert closed == [True]


@pytest.mark.parametrize("app", [as_list, as_generator, as_write])
def test_outage_is_503(app: Any) -> None:
    store = Down()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(plain_http=True))
    wrapped = SessionMiddleware(app, manager)
    cookie = values(request(wrapped)[1], "Set-Cookie")[0].split(";")[0]
    store.down = True
    for header in (cookie, ""):  # at loading, and at committing
        status, headers, _ = request(wrapped, header)
        assert status.startswith("503 ") and not values(headers, "Set-Cookie")
        assert values(headers, "Cache-Control") == ["no-store"]
    store.down = False
    assert request(wrapped, cookie)[2] == b"2"


@pytest.mark.parametrize("app", [as_list, as_generator, as_write])
def test_damaged_content_is_raised(app: Any) -> None:
    store = Down()
    store.error = sessions.StoredDataError("damaged")
    wrapped = SessionMiddleware(app, sessions.Manager(sessions.Backend.custom(store), sessions.Config(plain_http=True)))
    cookie = values(request(wrapped)[1], "Set-Cookie")[0].split(";")[0]
    store.down = True
    for header in (cookie, ""):  # at loading, and at committing
        with pytest.raises(sessions.StoredDataError):
            request(wrapped, header)


def test_failing_application_commits_nothing() -> None:
    def app(environ: dict[str, Any], start: Start) -> Iterable[bytes]:
        environ[ENVIRON_KEY]["a"] = 1
        raise ArithmeticError

    one = manager_of()
    with pytest.raises(ArithmeticError):
        request(SessionMiddleware(app, one))
    assert one.statistics().sessions == 0


def test_flask_example() -> None:
    import flask_app

    client = flask_app.app.test_client()
    assert client.get("/").text == "visit 1"
    before = client.get_cookie("session")
    assert client.get("/").text == "visit 2"
    client.post("/login", data={"user": "ada"})
    after = client.get_cookie("session")
    assert before and after and before.value != after.value
    assert client.get("/").text == "visit 3"
    client.post("/logout")
    assert client.get("/").text == "visit 1"
