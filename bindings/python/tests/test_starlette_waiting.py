"""Stores that wait hold up their own request, and no other."""

import threading
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from test_starlette import ROUTES, Own, Serve, client_of
from test_wsgi import Down

import sessions
from sessions.starlette import LibrarySessionBackend, SessionMiddleware


class Gate:
    """Holds up calls of one kind until another request lets them go on."""

    def __init__(self) -> None:
        super().__init__()
        self.held = ""
        self.waits = threading.Event()
        self.may_answer = threading.Event()

    def pass_gate(self, kind: str) -> None:
        if kind == self.held:
            self.waits.set()
            assert self.may_answer.wait(20)


class Held(Gate, Down):
    def get(self, key: bytes, /) -> tuple[bytes, int] | None:
        self.pass_gate("load")
        return super().get(key)

    def put_if_version(self, *arguments: Any) -> bool:
        self.pass_gate("save")
        return super().put_if_version(*arguments)


class HeldOwn(Gate, Own):
    def load_session(self, sid: str) -> dict[str, Any] | None:
        self.pass_gate("load")
        return super().load_session(sid)

    def save_session(self, sid: str, session: Any) -> None:
        self.pass_gate("save")
        super().save_session(sid, session)

    def keep_session(self, sid: str) -> None:
        self.pass_gate("keep")
        super().keep_session(sid)


@pytest.mark.parametrize(
    ("kind", "held", "path"),
    [
        (Held, "load", "/count"),
        (Held, "save", "/count"),
        (HeldOwn, "load", "/count"),
        (HeldOwn, "save", "/count"),
        (HeldOwn, "keep", "/read"),
    ],
)
def test_a_store_that_waits_does_not_hold_up_the_loop(kind: Any, held: str, path: str, serve: Serve) -> None:
    store = kind()

    async def free(request: Request) -> Response:
        store.may_answer.set()
        return Response()

    backend = store if isinstance(store, HeldOwn) else LibrarySessionBackend(sessions.Backend.custom(store))
    app = Starlette(routes=[*ROUTES, Route("/free", free)], middleware=[Middleware(SessionMiddleware, backend=backend)])
    address = serve(app)
    with client_of(address) as client, client_of(address) as other:
        client.get("/count")
        store.held = held
        answers: list[Any] = []
        thread = threading.Thread(target=lambda: answers.append(client.get(path, timeout=50).json()))
        thread.start()
        assert store.waits.wait(60)
        assert other.get("/free").status_code == 200
        thread.join()
        assert answers == [{"visits": 2 if path == "/count" else 1}]
