"""What the backends and the middleware accept, before there is a request."""

import logging
from typing import Any

import pytest
from test_starlette import SECRET, Own, plain

import sessions
from sessions.starlette import (
    CookieSessionBackend,
    MemorySessionBackend,
    RedisSessionBackend,
    SessionMiddleware,
    SignedCookieSessionBackend,
)


def test_settings_of_redis_py() -> None:
    redis = pytest.importorskip("redis")
    from sessions.starlette.redis_client import settings_of

    assert settings_of(redis.Redis()).url == "redis://localhost:6379/0"
    named = settings_of(redis.Redis(host="::1", port=7, db=2, username="u", password="p@"))
    assert named == ("redis://[::1]:7/2", "u", "p@")
    assert settings_of(redis.Redis(unix_socket_path="/a b/s", db=1)).url == "redis+unix:///a%20b/s?db=1"
    tls = redis.Redis(ssl=True, ssl_ca_certs="/a&b", ssl_certfile="/c", ssl_keyfile="/k")
    assert settings_of(tls).url == "rediss://localhost:6379/0?ca_file=%2Fa%26b&certificate_file=%2Fc&key_file=%2Fk"


def test_clients_that_cannot_be_taken_over() -> None:
    redis = pytest.importorskip("redis")
    sentinel = redis.sentinel.Sentinel([("localhost", 1)]).master_for("m")
    provided = redis.Redis(credential_provider=redis.UsernamePasswordCredentialProvider("u", "p"))
    client: Any
    unverified = redis.Redis(ssl=True, ssl_cert_reqs="none")
    demanding = redis.Redis(ssl=True, ssl_ciphers="ECDHE-ECDSA-AES256-GCM-SHA384")
    for client in (object(), "redis://localhost", sentinel, unverified, demanding, provided):
        with pytest.raises(TypeError):
            RedisSessionBackend(client)
    with pytest.raises(TypeError):
        RedisSessionBackend(redis.Redis(), url="redis://localhost")
    with pytest.raises(ValueError):
        RedisSessionBackend(url="memory:")


def test_refused_settings() -> None:
    for settings in ({"cookie_name": "a b"}, {"path": "a;b"}, {"same_site": "none"}):
        for backend in (MemorySessionBackend(), Own()):
            with pytest.raises(sessions.CallerError):
                SessionMiddleware(plain, backend, **settings)  # type: ignore[arg-type]
    with pytest.raises(ValueError):
        SessionMiddleware(plain, MemorySessionBackend(), same_site="Lax")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        SessionMiddleware(plain, sessions.Backend("memory:"))  # type: ignore[arg-type]
    with pytest.raises(sessions.CallerError):
        SessionMiddleware(plain, CookieSessionBackend(max_age=0))  # type: ignore[arg-type]
    with pytest.raises(sessions.CallerError):
        SessionMiddleware(plain, SignedCookieSessionBackend(""))  # type: ignore[arg-type]


def test_sessions_without_an_end() -> None:
    for backend in (SignedCookieSessionBackend(SECRET, max_age=None), CookieSessionBackend(max_age=None)):
        assert backend.get_max_age() is None
        SessionMiddleware(plain, backend)  # type: ignore[arg-type]


def test_warnings_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="sessions"):
        SessionMiddleware(plain, SignedCookieSessionBackend("short"))  # type: ignore[arg-type]
    assert any("key" in record.message and record.levelno == logging.WARNING for record in caplog.records)
    assert "short" not in caplog.text.replace("shorter", "")
