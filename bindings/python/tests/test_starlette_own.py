"""Subclasses of BaseSessionBackend."""

from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from test_starlette import Own, Serve, app_of, client_of

import sessions
from sessions.starlette import BaseSessionBackend, LibrarySessionBackend


def test_own_backend_is_called_as_needed(serve: Serve) -> None:
    store = Own()
    with client_of(serve(app_of(store))) as client:
        client.get("/read")
        assert store.calls == []
        client.get("/count")
        client.get("/plain")
        client.get("/read")
        client.get("/push")
        assert store.calls == ["save", "load", "load", "keep", "load", "save"]
        assert len(client.cookies["session"]) == 43


def test_own_backend_that_keeps_by_saving(serve: Serve) -> None:
    class Saving(Own):
        keep_session = BaseSessionBackend.keep_session

    store = Saving()
    with client_of(serve(app_of(store))) as client:
        client.get("/count")
        client.get("/read")
        assert store.calls == ["save", "load", "save"]


def test_own_backend_names_sessions(serve: Serve) -> None:
    class Named(Own):
        def new_session(self) -> tuple[str, dict[str, Any]]:
            return 'a name; with "all"', {"born": True}

    with client_of(serve(app_of(Named()))) as client:
        line = client.get("/count").headers["set-cookie"]
        cookie = line.partition("; Max-Age")[0].partition("; Path")[0].partition("; HttpOnly")[0]
        assert client.get("/read", headers={"Cookie": cookie}).json() == {"born": True, "visits": 1}


@pytest.mark.parametrize("settings", [{}, {"https_only": True, "same_site": "none", "path": "/a", "cookie_name": "b"}])
@pytest.mark.parametrize("max_age", [None, 77])
def test_own_cookie_is_like_the_others(
    max_age: int | None, settings: dict[str, Any], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Own, "get_max_age", lambda self: max_age)
    seen = []
    for backend in (Own(), LibrarySessionBackend(sessions.Backend("memory:"), max_age=max_age)):
        with client_of(serve(app_of(backend, **settings))) as client:
            line = client.get("/count").headers["set-cookie"]
            cookie, _, attributes = line.partition(";")
            ended = client.get("/clear", headers={"Cookie": cookie}).headers["set-cookie"]
            seen.append((cookie.partition("=")[0], attributes, ended))
    assert seen[0] == seen[1]


async def waver(request: Request) -> JSONResponse:
    request.session["a"] = 1
    return JSONResponse([request.session.popitem(), len(request.session)])


def test_own_session_that_is_empty_again(serve: Serve) -> None:
    store = Own()
    app = app_of(store)
    app.add_route("/waver", waver)
    with client_of(serve(app)) as client:
        answer = client.get("/waver")
        assert answer.json() == [["a", 1], 0] and "set-cookie" not in answer.headers and store.calls == []
        client.get("/count")
        cookie = {"Cookie": f"session={client.cookies['session']}"}
        assert "Max-Age=0" in client.get("/clear", headers=cookie).headers["set-cookie"]
        answer = client.get("/read", headers={"Cookie": "session=unknown"})
        assert answer.json() == {} and "set-cookie" not in answer.headers
        assert store.calls == ["save", "load", "save", "load"]


@pytest.mark.parametrize(
    ("error", "status"), [(sessions.StoreUnavailableError("down"), 503), (sessions.StoredDataError("damaged"), 500)]
)
def test_own_backend_that_fails(error: Exception, status: int, serve: Serve) -> None:
    class Gone(Own):
        def load_session(self, sid: str) -> dict[str, Any] | None:
            raise error

    with client_of(serve(app_of(Gone()))) as client:
        answer = client.get("/read", headers={"Cookie": "session=a", "Connection": "close"})
        assert answer.status_code == status
