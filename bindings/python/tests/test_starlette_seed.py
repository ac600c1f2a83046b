"""The package starlette-sessions and ours: one program, and each other's cookies."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path
from typing import Any

import httpx
import pytest
from conftest import serving
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import sessions.starlette as ours

seed = pytest.importorskip("starlette_sessions")

BACKENDS = {
    "cookie": "CookieSessionBackend()",
    "signed cookie": 'SignedCookieSessionBackend(secret_key="s3cr3t", max_age=30)',
    "memory": "MemorySessionBackend()",
    "redis": "RedisSessionBackend(ttl=30)",
    "sqlite": "SQLiteSessionBackend({path!r})",  # theirs is none: it answers as memory does
}


def program(backend: str, url: str, path: Path, port: int, is_ours: bool) -> str:
    """Return the program that the package's README shows, with another backend and port."""
    text = str(distribution("starlette-sessions").read_text("METADATA"))
    match = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert match
    program = match[1]
    if is_ours:
        program, count = re.subn(r"from starlette_sessions\.[a-z.]+ import", "from sessions.starlette import", program)
        assert count == 5
    if backend.startswith("SQLite"):
        program = "from sessions.starlette import SQLiteSessionBackend\n" + program
        backend = backend.format(path=str(path / "sessions.db")) if is_ours else BACKENDS["memory"]
    if backend.startswith("Redis"):  # which is not on its usual port here
        program = "import redis\n" + program
        backend = f"RedisSessionBackend(redis.Redis.from_url({url!r}), ttl=30)"
    program, count = re.subn(r"(?m)^session_backend = .*$", f"session_backend = {backend}", program)
    assert count == 1
    assert 'host="0.0.0.0", port=8080' in program
    return program.replace('host="0.0.0.0", port=8080', f'host="127.0.0.1", port={port}')


@contextmanager
def running(program: str, port: int) -> Iterator[httpx.Client]:
    process = subprocess.Popen([sys.executable, "-c", program], stderr=subprocess.PIPE, text=True)
    assert process.stderr
    try:
        assert any("Uvicorn running" in line for line in process.stderr)
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield client
    finally:
        process.terminate()
        process.communicate()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


ROUTES = ["/", "/read", "/unsafe", "/clear", "/set", "/set", "/read", "/unsafe", "/", "/set", "/clear", "/read", "/set"]


@pytest.mark.parametrize("name", BACKENDS)
def test_readme_program_answers_alike(name: str, redis_url: str, tmp_path: Path) -> None:
    bodies = []
    for is_ours in (False, True):
        port = free_port()
        with running(program(BACKENDS[name], redis_url + "/5", tmp_path, port, is_ours), port) as client:
            answers = [client.get(route) for route in ROUTES]
            assert {answer.status_code for answer in answers} == {200}
            bodies.append([answer.text for answer in answers])
    assert bodies[0] == bodies[1]
    assert bodies[1][5] == '{"counter":1}' and bodies[1][6] == '{"counter":2}'


async def count(request: Request) -> JSONResponse:
    request.session["counter"] = request.session.get("counter", 0) + 1
    return JSONResponse(dict(request.session))


def app_of(middleware: Any, backend: Any) -> Starlette:
    return Starlette(routes=[Route("/", count)], middleware=[Middleware(middleware, backend=backend)])


def salted(base: Any) -> Any:
    class Salted(base):  # type: ignore[misc]
        def sign_content(self, content: bytes) -> bytes:
            return bytes(super().sign_content(b"salt" + content))

        def unsign_content(self, content: bytes) -> bytes:
            return bytes(super().unsign_content(content)).removeprefix(b"salt")

    return Salted("s3cr3t", 30)


def pairs() -> Any:
    from starlette_sessions.cookie.backend import CookieSessionBackend
    from starlette_sessions.signedcookie.backend import SignedCookieSessionBackend

    return [
        (CookieSessionBackend(), ours.CookieSessionBackend()),
        (SignedCookieSessionBackend("s3cr3t"), ours.SignedCookieSessionBackend("s3cr3t")),
        (salted(SignedCookieSessionBackend), salted(ours.SignedCookieSessionBackend)),
    ]


@pytest.mark.parametrize("theirs, mine", pairs())
def test_each_reads_the_cookies_of_the_other(theirs: Any, mine: Any) -> None:
    from starlette_sessions.middleware import SessionMiddleware

    with (
        serving(app_of(SessionMiddleware, theirs)) as old,
        serving(app_of(ours.SessionMiddleware, mine)) as new,
        httpx.Client(trust_env=False) as client,
    ):
        for turn, address in enumerate([old, new, old, new], 1):
            assert client.get(f"http://{address}/").json() == {"counter": turn}


def test_a_backend_of_ones_own_needs_no_change() -> None:
    from starlette_sessions.base import BaseSessionBackend
    from starlette_sessions.middleware import SessionMiddleware

    answers = []
    for base, middleware in (
        (BaseSessionBackend, SessionMiddleware),
        (ours.BaseSessionBackend, ours.SessionMiddleware),
    ):

        class Own(base):  # type: ignore[misc, valid-type]
            def __init__(self) -> None:
                self.sessions: dict[str, Any] = {}

            def get_max_age(self) -> int | None:
                return 30

            def load_session(self, sid: str) -> Any:
                return self.sessions.get(sid)

            def save_session(self, sid: str, session: Any) -> None:
                self.sessions[sid] = dict(session)

        with serving(app_of(middleware, Own())) as address, httpx.Client(trust_env=False) as client:
            answers.append([client.get(f"http://{address}/").text for _ in range(3)])
    assert answers[0] == answers[1]


async def begin(request: Request) -> JSONResponse:
    before = request.session.get("born")
    request.session["begun"] = True
    return JSONResponse([before, request.session.get("born"), list(request.session)])


async def waver(request: Request) -> JSONResponse:
    request.session["begun"] = True
    del request.session["begun"]
    return JSONResponse(list(request.session))


async def read(request: Request) -> JSONResponse:
    return JSONResponse(dict(request.session))


@pytest.mark.parametrize("first", ["/begin", "/waver"])
def test_what_new_sessions_hold_at_first(first: str) -> None:
    from starlette_sessions.base import BaseSessionBackend
    from starlette_sessions.middleware import SessionMiddleware

    answers = []
    for base, middleware in (
        (BaseSessionBackend, SessionMiddleware),
        (ours.BaseSessionBackend, ours.SessionMiddleware),
    ):

        class Born(base):  # type: ignore[misc, valid-type]
            def __init__(self) -> None:
                self.sessions: dict[str, Any] = {}

            def get_max_age(self) -> int | None:
                return None

            def new_session(self) -> tuple[str, dict[str, Any]]:
                return f"number{len(self.sessions)}", {"born": True}

            def load_session(self, sid: str) -> Any:
                return self.sessions.get(sid)

            def save_session(self, sid: str, session: Any) -> None:
                self.sessions[sid] = dict(session)

        backend = Born()
        routes = [Route("/begin", begin), Route("/waver", waver), Route("/read", read)]
        app = Starlette(routes=routes, middleware=[Middleware(middleware, backend=backend)])
        with serving(app) as address, httpx.Client(base_url=f"http://{address}", trust_env=False) as client:
            bodies = [client.get(path).text for path in (first, "/read", "/begin")]
            answers.append((bodies, client.cookies["session"], backend.sessions))
    assert answers[0] == answers[1]
