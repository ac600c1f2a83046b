"""Cookie backends whose content is serialised and protected in the program's own way."""

import pickle
from datetime import datetime
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse
from test_starlette import SECRET, Serve, app_of, client_of

from sessions.starlette import CookieSessionBackend, SignedCookieSessionBackend


class Reversed(SignedCookieSessionBackend):
    def sign_content(self, content: bytes) -> bytes:
        return b"R" + super().sign_content(content)[::-1]

    def unsign_content(self, content: bytes) -> bytes:
        if not content.startswith(b"R"):
            raise ValueError("not ours")
        return super().unsign_content(content[:0:-1])


class Marked(CookieSessionBackend):
    def sign_content(self, content: bytes) -> bytes:
        return content + b"!"

    def unsign_content(self, content: bytes) -> bytes:
        if not content.endswith(b"!"):
            raise KeyError("not ours")
        return content[:-1]


@pytest.mark.parametrize(
    "backend",
    [
        Marked(),
        Reversed(SECRET),
        CookieSessionBackend(serializer=pickle.dumps, deserializer=pickle.loads),
        SignedCookieSessionBackend(SECRET, 30, pickle.dumps, pickle.loads),
    ],
)
def test_protection_of_ones_own(backend: Any, serve: Serve) -> None:
    with client_of(serve(app_of(backend))) as client:
        assert client.get("/count").json() == {"visits": 1}
        assert client.get("/count").json() == {"visits": 2}
        for foreign in ("bm90aGluZw==", ""):
            assert client.get("/read", headers={"Cookie": f"session={foreign}"}).json() == {}


def test_serializer_of_ones_own_takes_json_only(serve: Serve) -> None:
    async def misuse(request: Request) -> JSONResponse:
        session: Any = request.session
        for key, value in (("a", datetime.now()), (1, "a")):
            with pytest.raises(TypeError):
                session[key] = value
        session["a"] = {1: (2, 3)}
        return JSONResponse(None)

    app = app_of(CookieSessionBackend(serializer=pickle.dumps, deserializer=pickle.loads))
    app.add_route("/misuse", misuse)
    with client_of(serve(app)) as client:
        assert client.get("/misuse").status_code == 200
        assert client.get("/read").json() == {"a": {"1": [2, 3]}}


def test_protection_that_fails_is_500(serve: Serve) -> None:
    class Broken(CookieSessionBackend):
        def sign_content(self, content: bytes) -> bytes:
            raise OSError("the key is gone")

    with client_of(serve(app_of(Broken()))) as client:
        answer = client.get("/count")
        assert answer.status_code == 500 and "set-cookie" not in answer.headers


def test_signature_that_subclasses_build_on() -> None:
    backend = SignedCookieSessionBackend(SECRET, max_age=30)
    signed = backend.sign_content(b"a.b")
    assert backend.unsign_content(signed) == b"a.b"
    content, when, _ = signed.rsplit(b".", 2)
    long_ago = content + b".AA"
    long_ago += b"." + backend._signer._signature(long_ago)
    assert SignedCookieSessionBackend(SECRET, max_age=None).unsign_content(long_ago) == b"a.b"
    for forged in (b"", b"forged", signed[:-1], b"x" + signed, content + b"." + when + b".", long_ago):
        with pytest.raises(ValueError):
            backend.unsign_content(forged)


def test_secret_that_is_not_used_any_more(serve: Serve) -> None:
    class Renewed(SignedCookieSessionBackend):
        def unsign_content(self, content: bytes) -> bytes:
            try:
                return super().unsign_content(content)
            except ValueError:
                return SignedCookieSessionBackend("old" * 11).unsign_content(content)

    with client_of(serve(app_of(SignedCookieSessionBackend("old" * 11)))) as client:
        cookie = client.get("/count").headers["set-cookie"].split(";")[0]
    with client_of(serve(app_of(Renewed(SECRET)))) as client:
        assert client.get("/count", headers={"Cookie": cookie}).json() == {"visits": 2}
        assert client.get("/count").json() == {"visits": 3}
