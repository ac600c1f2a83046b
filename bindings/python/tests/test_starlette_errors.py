"""Responses to the errors of stores and programs."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from test_starlette import Serve, app_of, client_of
from test_wsgi import Down
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import sessions
from sessions.starlette import (
    LibrarySessionBackend,
    MemorySessionBackend,
    RedisSessionBackend,
    SessionMiddleware,
    SignedCookieSessionBackend,
    SQLiteSessionBackend,
)


def down_app(store: Down, **settings: Any) -> Starlette:
    return app_of(LibrarySessionBackend(sessions.Backend.custom(store)), **settings)


def test_outage_is_503(serve: Serve) -> None:
    store = Down()
    address = serve(down_app(store))
    with client_of(address) as client:
        client.get("/count")
        mine = {"Cookie": f"session={client.cookies['session']}"}
        client.cookies.clear()
        store.down = True
        for header in (mine, {}):  # at loading, and at saving
            answer = client.get("/count", headers=header)
            assert answer.status_code == 503 and "set-cookie" not in answer.headers
            assert answer.headers.get_list("cache-control") == ["no-store"]
            assert answer.text.startswith("The session store is not available")
            with pytest.raises(InvalidStatus) as refused:
                connect(f"ws://{address}/echo", additional_headers=header, proxy=None)
            assert refused.value.response.status_code == 503
        store.down = False
        assert client.get("/count", headers=mine).json() == {"visits": 2}


def test_damaged_content_is_raised(serve: Serve) -> None:
    store = Down()
    store.error = sessions.StoredDataError("damaged")
    with client_of(serve(down_app(store))) as client:
        mine = {"Cookie": client.get("/count").headers["set-cookie"].partition(";")[0]}
        client.cookies.clear()
        store.down = True
        for header in (mine, {}):  # at loading, and at saving
            answer = client.get("/count", headers=header | {"Connection": "close"})
            assert answer.status_code == 500 and "set-cookie" not in answer.headers


def test_response_to_errors_of_ones_own(serve: Serve) -> None:
    store = Down()

    def response(error: sessions.SessionsError) -> JSONResponse:
        return JSONResponse({"error": error.name}, 502)

    with client_of(serve(down_app(store, error_response=response))) as client:
        store.down = True
        answer = client.get("/count")
        assert answer.status_code == 502 and answer.json() == {"error": "SESSIONS_E_UNAVAILABLE"}


def test_response_to_an_error_of_a_backend_that_never_waits(serve: Serve) -> None:
    def response(error: sessions.SessionsError) -> JSONResponse:
        return JSONResponse({"error": error.name}, 502)

    async def fill(request: Request) -> Response:
        request.session["a"] = "a" * 9_000
        return Response()

    for settings, status in (({"error_response": response}, 502), ({}, 500)):
        app = app_of(SignedCookieSessionBackend("k" * 32), **settings)
        app.add_route("/fill", fill)
        with client_of(serve(app)) as client:
            # uvicorn ends the connection of a request whose application raised; the next request must not meet that.
            answer = client.get("/fill", headers={"Connection": "close"})
            assert answer.status_code == status and "set-cookie" not in answer.headers
            assert status == 500 or answer.json() == {"error": "SESSIONS_E_LIMIT"}
            assert client.get("/count").json() == {"visits": 1}


def test_other_errors_are_raised(serve: Serve) -> None:
    async def misuse(request: Request) -> Response:
        request.session["a"] = object()
        return Response()

    app = Starlette(
        routes=[Route("/", misuse)], middleware=[Middleware(SessionMiddleware, backend=MemorySessionBackend())]
    )
    with client_of(serve(app)) as client:
        assert client.get("/").status_code == 500


def test_page_of_an_exception_sees_the_session(serve: Serve) -> None:
    async def fail(request: Request) -> Response:
        raise OSError("a defect of the program")

    async def page(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse(dict(request.session), 500)

    app = app_of(MemorySessionBackend())
    app.add_exception_handler(Exception, page)
    app.add_route("/defect", fail)
    with client_of(serve(app)) as client:
        client.get("/count")
        answer = client.get("/defect")
        assert (answer.status_code, answer.json()) == (500, {"visits": 1})


async def fill(request: Request) -> Response:
    request.session["a"] = "a" * 100_000
    return Response()


@pytest.mark.parametrize("kind", ["memory", "sqlite", "redis url", "redis client"])
def test_bytes_that_a_session_holds(kind: str, serve: Serve, redis_url: str, tmp_path: Path) -> None:
    redis = pytest.importorskip("redis")
    makers: dict[str, Callable[..., LibrarySessionBackend]] = {
        "memory": MemorySessionBackend,
        "sqlite": partial(SQLiteSessionBackend, tmp_path / "sessions.db"),
        "redis url": partial(RedisSessionBackend, url=redis_url),
        "redis client": partial(RedisSessionBackend, redis.Redis.from_url(redis_url)),
    }
    for settings, status in (({}, 500), ({"max_content_bytes": 200_000}, 200)):
        app = app_of(makers[kind](**settings))
        app.add_route("/fill", fill)
        with client_of(serve(app)) as client:
            assert client.get("/fill", headers={"Connection": "close"}).status_code == status
            assert len(client.get("/read").json().get("a", "")) == (100_000 if settings else 0)
    with pytest.raises(sessions.CallerError, match="content bytes"):
        makers[kind](max_content_bytes=1)
