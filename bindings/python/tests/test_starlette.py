"""The middleware and the backends for Starlette, over HTTP and websockets on uvicorn."""

import pickle
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import serving
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

import sessions
from sessions import aio
from sessions.starlette import (
    BaseSessionBackend,
    CookieSessionBackend,
    LibrarySessionBackend,
    MemorySessionBackend,
    RedisSessionBackend,
    SessionMiddleware,
    SignedCookieSessionBackend,
    SQLiteSessionBackend,
)

Serve = Callable[[Any], str]
SECRET = "k" * 32


async def count(request: Request) -> JSONResponse:
    request.session["visits"] = request.session.get("visits", 0) + 1
    return JSONResponse(dict(request.session))


async def push(request: Request) -> JSONResponse:
    request.session.setdefault("pages", []).append(len(request.session["pages"]))
    return JSONResponse(dict(request.session))


async def read(request: Request) -> JSONResponse:
    return JSONResponse(dict(request.session))


async def plain(request: Request) -> PlainTextResponse:
    return PlainTextResponse("plain", headers={"Cache-Control": "max-age=9"})


async def clear(request: Request) -> JSONResponse:
    request.session.clear()
    return JSONResponse({})


def in_thread(request: Request) -> JSONResponse:
    request.session["thread"] = threading.current_thread() is not threading.main_thread()
    return JSONResponse(dict(request.session))


async def fail(request: Request) -> Response:
    request.session["lost"] = True
    raise ArithmeticError


async def stream(request: Request) -> StreamingResponse:
    visits = request.session.get("visits")

    async def body() -> Any:
        yield str(visits)
        request.session["visits"] = "too late"

    return StreamingResponse(body(), headers={"Vary": "Accept", "Cache-Control": "max-age=9"})


async def login(request: Request) -> JSONResponse:
    await aio.regenerate(request.scope["session"])
    return JSONResponse(dict(request.session))


async def echo(websocket: WebSocket) -> None:
    websocket.session["before"] = websocket.session.get("before", 0) + 1
    await websocket.accept()
    websocket.session["after"] = websocket.session.get("after", 0) + 1
    await websocket.send_json(dict(websocket.session))
    await websocket.close()


async def late(websocket: WebSocket) -> None:
    await websocket.accept()
    websocket.session["late"] = True
    await websocket.close()


async def leave(websocket: WebSocket) -> None:
    websocket.session.clear()
    await websocket.accept()
    websocket.session["late"] = True
    await websocket.close()


async def wait(websocket: WebSocket) -> None:
    await websocket.accept()
    websocket.session["waited"] = True
    await websocket.send_text("ready")
    await websocket.receive_text()


async def deny(websocket: WebSocket) -> None:
    websocket.session["denied"] = True
    await websocket.send_denial_response(PlainTextResponse("no", 403))


ROUTES = [
    Route("/count", count),
    Route("/push", push),
    Route("/read", read),
    Route("/plain", plain),
    Route("/clear", clear),
    Route("/thread", in_thread),
    Route("/fail", fail),
    Route("/stream", stream),
    Route("/login", login),
    WebSocketRoute("/echo", echo),
    WebSocketRoute("/late", late),
    WebSocketRoute("/leave", leave),
    WebSocketRoute("/wait", wait),
    WebSocketRoute("/deny", deny),
]


def app_of(backend: Any, **settings: Any) -> Starlette:
    return Starlette(routes=ROUTES, middleware=[Middleware(SessionMiddleware, backend=backend, **settings)])


@pytest.fixture(params=["cookie", "signed-cookie", "memory", "sqlite", "redis", "own"])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    if request.param == "redis":
        return RedisSessionBackend(url=request.getfixturevalue("redis_url"))
    makers: dict[str, Callable[[], Any]] = {
        "cookie": CookieSessionBackend,
        "signed-cookie": lambda: SignedCookieSessionBackend(SECRET),
        "memory": MemorySessionBackend,
        "sqlite": lambda: SQLiteSessionBackend(tmp_path / "a%20?b.db"),
        "own": Own,
    }
    return makers[request.param]()


class Own(BaseSessionBackend):
    """Keeps pickles, with values that are no JSON."""

    def __init__(self) -> None:
        self.pickles: dict[str, bytes] = {}
        self.calls: list[str] = []
        self.threads: set[int] = set()

    def get_max_age(self) -> int | None:
        return 30

    def load_session(self, sid: str) -> dict[str, Any] | None:
        self.threads.add(threading.get_ident())
        self.calls.append("load")
        found = self.pickles.get(sid)
        return None if found is None else pickle.loads(found)

    def save_session(self, sid: str, session: Any) -> None:
        self.calls.append("save")
        self.pickles[sid] = pickle.dumps(session)

    def keep_session(self, sid: str) -> None:
        self.calls.append("keep")


def client_of(address: str) -> httpx.Client:
    return httpx.Client(base_url=f"http://{address}", trust_env=False)


def test_counts_and_forgets(backend: Any, serve: Serve) -> None:
    with client_of(serve(app_of(backend))) as client:
        assert client.get("/read").json() == {}
        assert client.get("/count").json() == {"visits": 1}
        assert client.get("/count").json() == {"visits": 2}
        assert client.get("/push").json() == {"visits": 2, "pages": [0]}
        assert client.get("/push").json() == {"visits": 2, "pages": [0, 1]}
        assert client.get("/read").json() == {"visits": 2, "pages": [0, 1]}
        assert client.get("/thread").json()["thread"] is True
        client.get("/clear")
        assert not client.cookies
        assert client.get("/read").json() == {}


def test_headers(backend: Any, serve: Serve) -> None:
    with client_of(serve(app_of(backend, cookie_name="sid", path="/", same_site="strict"))) as client:
        answer = client.get("/count")
        assert "vary" not in answer.headers and answer.headers["cache-control"] == "private, no-store"
        [line] = answer.headers.get_list("set-cookie")
        attributes = {part.strip() for part in line.split(";")[1:]}
        age = set() if isinstance(backend, MemorySessionBackend) else {f"Max-Age={backend.get_max_age()}"}
        assert line.startswith("sid=") and attributes == {"Path=/", "HttpOnly", "SameSite=Strict"} | age
        answer = client.get("/stream")
        assert answer.text == "1"
        assert answer.headers.get_list("vary") == ["Accept"]


def test_unused_session_adds_nothing(backend: Any, serve: Serve) -> None:
    with client_of(serve(app_of(backend))) as client:
        for _ in range(2):
            headers = client.get("/plain").headers
            assert headers["cache-control"] == "max-age=9" and "vary" not in headers and "set-cookie" not in headers
            client.get("/count")


def test_secure_over_https_only(backend: Any, serve: Serve) -> None:
    with client_of(serve(app_of(backend, https_only=True, same_site="none"))) as client:
        line = client.get("/count").headers["set-cookie"]
        assert "; Secure" in line and "SameSite=None" in line


def test_failing_endpoint_saves_nothing(backend: Any, serve: Serve) -> None:
    with client_of(serve(app_of(backend))) as client:
        client.get("/count")
        # uvicorn ends the connection of a request whose application raised; the next request must not meet that.
        answer = client.get("/fail", headers={"Connection": "close"})
        assert answer.status_code == 500 and "set-cookie" not in answer.headers
        assert client.get("/read").json() == {"visits": 1}


@pytest.mark.parametrize(
    "cookie", ["session=nothing", "session=", "session=\xff; a", 'session="a\\"b"', "session=" + "a" * 5000]
)
def test_foreign_cookies_begin_anew(backend: Any, cookie: str, serve: Serve) -> None:
    with client_of(serve(app_of(backend))) as client:
        header = {b"Cookie": cookie.encode("latin-1")}
        assert client.get("/read", headers=header).json() == {}
        answer = client.get("/count", headers=header)
        assert answer.json() == {"visits": 1}
        assert answer.headers["set-cookie"].split(";")[0] != cookie


def test_several_cookie_headers(backend: Any, serve: Serve) -> None:
    with client_of(serve(app_of(backend))) as client:
        client.get("/count")
        mine = f"session={client.cookies['session']}"
        client.cookies.clear()
        assert client.get("/read", headers=[("Cookie", "a=b"), ("Cookie", mine)]).json() == {"visits": 1}


def test_websocket(backend: Any, serve: Serve) -> None:
    address = serve(app_of(backend))
    with connect(f"ws://{address}/echo", proxy=None) as websocket:
        assert websocket.recv() == '{"before":1,"after":1}'
        assert websocket.response
        cookie = websocket.response.headers["Set-Cookie"].split(";")[0]
    with connect(f"ws://{address}/echo", additional_headers={"Cookie": cookie}, proxy=None) as websocket:
        second = websocket.recv()
    # What comes after the head of the answer finds no way into a cookie.
    assert second == (
        '{"before":2,"after":1}'
        if type(backend).__name__.endswith("CookieSessionBackend")
        else '{"before":2,"after":2}'
    )


def test_websocket_without_cookie_leaves_nothing_behind() -> None:
    store = Own()
    with serving(app_of(store)) as address, connect(f"ws://{address}/late", proxy=None) as websocket:
        list(websocket)
    assert store.pickles == {}


@pytest.mark.parametrize("store", [MemorySessionBackend(), Own()], ids=type)
def test_websocket_after_logout_leaves_nothing_behind(store: Any) -> None:
    with serving(app_of(store)) as address:
        with client_of(address) as client:
            client.get("/count")
            cookie = f"session={client.cookies['session']}"
        with connect(f"ws://{address}/leave", additional_headers={"Cookie": cookie}, proxy=None) as websocket:
            list(websocket)
    if isinstance(store, Own):
        assert [pickle.loads(content) for content in store.pickles.values()] == [{}]
    else:
        assert sessions.Manager(store._backend).statistics().sessions == 0


def test_websocket_that_the_browser_leaves(serve: Serve) -> None:
    store = Own()
    with client_of(serve(app_of(store))) as client:
        client.get("/count")
        cookie = f"session={client.cookies['session']}"
        address = client.base_url.netloc.decode()
        with connect(f"ws://{address}/wait", additional_headers={"Cookie": cookie}) as websocket:
            websocket.recv()
        for _ in range(1000):
            if store.calls[-1] == "save":
                break
            client.get("/plain")
        assert client.get("/read").json() == {"visits": 1, "waited": True}


def test_websocket_that_is_denied(backend: Any, serve: Serve) -> None:
    with pytest.raises(InvalidStatus) as refused:
        connect(f"ws://{serve(app_of(backend))}/deny", proxy=None)
    assert refused.value.response.status_code == 403
    assert refused.value.response.headers["Set-Cookie"].startswith("session=")


def test_login_moves_the_session(tmp_path: Path, serve: Serve) -> None:
    with client_of(serve(app_of(SQLiteSessionBackend(tmp_path / "s.db")))) as client:
        client.get("/count")
        before = client.cookies["session"]
        assert client.get("/login").json() == {"visits": 1}
        assert client.cookies["session"] != before
        assert client.get("/read", headers={"Cookie": f"session={before}"}).json() == {}


def test_parallel_requests_lose_nothing(tmp_path: Path, serve: Serve) -> None:
    async def hit(request: Request) -> Response:
        request.scope["session"].increment("hits")
        return Response()

    app = Starlette(
        routes=[Route("/hit", hit), Route("/read", read)],
        middleware=[Middleware(SessionMiddleware, backend=SQLiteSessionBackend(tmp_path / "s.db"))],
    )
    address = serve(app)
    with client_of(address) as client:
        client.get("/hit")

        def hit_often() -> None:
            with client_of(address) as mine:
                for _ in range(25):
                    mine.get("/hit", headers={"Cookie": f"session={client.cookies['session']}"})

        threads = [threading.Thread(target=hit_often) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert client.get("/read").json() == {"hits": 101}


def test_background_task_may_read() -> None:
    seen: list[int] = []

    async def endpoint(request: Request) -> Response:
        request.session["a"] = 7
        return Response(background=BackgroundTask(lambda: seen.append(request.session["a"])))

    app = Starlette(
        routes=[Route("/", endpoint)], middleware=[Middleware(SessionMiddleware, backend=MemorySessionBackend())]
    )
    with serving(app) as address, client_of(address) as client:
        client.get("/")
        client.get("/")
    assert seen == [7, 7]  # the server has waited for them


# ---- backends ----


def test_client_of_redis_py(redis_url: str, serve: Serve) -> None:
    redis = pytest.importorskip("redis")
    for client in (redis.Redis.from_url(redis_url + "/3"), redis.asyncio.Redis.from_url(redis_url + "/4")):
        with client_of(serve(app_of(RedisSessionBackend(client, ttl=30)))) as browser:
            assert "Max-Age=30" in browser.get("/count").headers["set-cookie"]
    assert [redis.Redis.from_url(f"{redis_url}/{database}").dbsize() for database in (3, 4)] == [1, 1]


@pytest.mark.parametrize(("renew_after", "is_sent"), [(None, False), (0, True)])
def test_reading_renews_what_is_old_enough(renew_after: int | None, is_sent: bool, serve: Serve) -> None:
    backend = LibrarySessionBackend(sessions.Backend("signed-cookie:"), keys=[SECRET], renew_after=renew_after)
    with client_of(serve(app_of(backend))) as client:
        client.get("/count")
        assert ("set-cookie" in client.get("/read").headers) == is_sent


# ---- examples ----


def test_example(monkeypatch: pytest.MonkeyPatch, serve: Serve) -> None:
    monkeypatch.setenv("SESSIONS_SECRET", SECRET)
    import starlette_app

    with client_of(serve(starlette_app.app)) as client:
        assert client.get("/").text == "visit 1"
        assert client.get("/").text == "visit 2"
        assert client.post("/login", json={"user": "ada"}).text == "hello"
        assert client.get("/").text == "visit 3"
        client.post("/logout")
        assert client.get("/").text == "visit 1"
