"""What the backends and the middleware accept, before there is a request."""

import logging
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_starlette import SECRET, Own, plain

import sessions
from sessions.starlette import (
    CookieSessionBackend,
    LibrarySessionBackend,
    MemorySessionBackend,
    RedisSessionBackend,
    SessionMiddleware,
    SignedCookieSessionBackend,
    SQLiteSessionBackend,
)


def client_of(**settings: Any) -> Any:
    """Make a client whose timeouts are not the default, which releases differ in."""
    redis = pytest.importorskip("redis")
    return redis.Redis(**{"socket_timeout": None, "socket_connect_timeout": None} | settings)


def test_settings_of_redis_py() -> None:
    redis = pytest.importorskip("redis")
    from sessions.starlette.redis_client import settings_of

    assert settings_of(client_of()).url == "redis://localhost:6379/0"
    named = settings_of(client_of(host="::1", port=7, db=2, username="u", password="p@"))
    assert named == ("redis://[::1]:7/2", "u", "p@", None)
    assert settings_of(client_of(unix_socket_path="/a b/s", db=1)).url == "redis+unix:///a%20b/s?db=1"
    tls = client_of(ssl=True, ssl_check_hostname=True, ssl_ca_certs="/a&b", ssl_certfile="/c", ssl_keyfile="/k")
    assert settings_of(tls).url == "rediss://localhost:6379/0?ca_file=%2Fa%26b&certificate_file=%2Fc&key_file=%2Fk"
    assert settings_of(redis.Redis.from_url("rediss://there/1")).url == "rediss://there:6379/1"


def test_certificate_and_key_in_one_file(tmp_path: Path) -> None:
    redis = pytest.importorskip("redis")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl")
    file = tmp_path / "both.pem"
    arguments = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=c", "-keyout", str(file), "-out", "-"]
    certificate = subprocess.run([openssl, *arguments], capture_output=True, check=True).stdout
    with file.open("ab") as both:
        both.write(certificate)
    with socket.socket() as unheard:
        unheard.bind(("127.0.0.1", 0))
        address = {"host": "127.0.0.1", "port": unheard.getsockname()[1], "ssl": True, "ssl_check_hostname": True}
        with pytest.raises(sessions.StoreUnavailableError):  # and not that a file cannot be read
            RedisSessionBackend(redis.Redis(**address, ssl_certfile=file))


def test_settings_that_are_digits_or_bytes() -> None:
    from sessions.starlette.redis_client import settings_of

    assert settings_of(client_of(db="3", port="7")).url == "redis://localhost:7/3"
    assert settings_of(client_of(db=None, username="", password="")) == ("redis://localhost:6379/0", None, None, None)
    assert settings_of(client_of(unix_socket_path=b"/%\xff")).url == "redis+unix:///%25%FF?db=0"


@pytest.mark.parametrize(
    "settings",
    [
        {"host": "fe80::1%eth0"},
        {"host": "[::1]"},
        {"host": "a/b"},
        {"host": "u@b"},
        {"host": "bücher"},
        {"host": "a\n"},
        {"host": ""},
        {"host": "a" * 254},
        {"host": b"a"},
        {"host": None},
        {"port": 0},
        {"port": 65_536},
        {"port": "x"},
        {"port": None},
        {"db": "x"},
        {"db": "٣"},
        {"db": -1},
        {"db": 1.5},
        {"db": True},
        {"db": 1_000_001},
        {"db": "9" * 5000},
        {"username": "u"},
        {"username": b"u", "password": "p"},
        {"username": "u\ud800", "password": "p"},
        {"username": "u" * 4097, "password": "p"},
        {"password": b"p"},
        {"password": "p\ud800"},
        {"password": "é" * 2049},
        {"unix_socket_path": "here"},
        {"unix_socket_path": "\0abstract"},
        {"unix_socket_path": "/a\0"},
        {"unix_socket_path": "/" + "a" * 107},
        {"db": "x", "unix_socket_path": "/a"},
        {"ssl_keyfile": "/k", "ssl": True},
        {"ssl_certfile": "/c\0", "ssl": True},
        {"ssl_certfile": 7, "ssl": True},
        {"ssl_ca_certs": "/\ud800", "ssl": True},
        {"socket_connect_timeout": float("nan")},
    ],
    ids=lambda settings: ascii(settings)[:40],
)
def test_settings_that_no_url_can_hold(settings: dict[str, Any]) -> None:
    redis = pytest.importorskip("redis")
    with pytest.raises(TypeError, match=f"^The client's {next(iter(settings))} cannot be taken over: "):
        RedisSessionBackend(redis.Redis(**{"host": "127.0.0.1", "port": 1, "ssl_check_hostname": True} | settings))


def test_socket_without_a_path() -> None:
    redis = pytest.importorskip("redis")
    with pytest.raises(TypeError, match="unix_socket_path"):
        RedisSessionBackend(redis.Redis.from_url("unix://"))


def test_timeouts_of_redis_py() -> None:
    from sessions.starlette.redis_client import settings_of

    both = settings_of(client_of(socket_timeout=0.5, socket_connect_timeout=0.25))
    assert (both.url, both.timeout) == ("redis://localhost:6379/0?connect_timeout_ms=250", 0.5)
    one = settings_of(client_of(unix_socket_path="/s", socket_timeout=3))
    assert (one.url, one.timeout) == ("redis+unix:///s?db=0&connect_timeout_ms=3000", 3)
    connect = settings_of(client_of(socket_connect_timeout=1))
    assert (connect.url, connect.timeout) == ("redis://localhost:6379/0?connect_timeout_ms=1000", None)


def test_settings_that_reach_the_library(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    redis = pytest.importorskip("redis")
    seen: list[dict[str, Any]] = []

    def config(**settings: Any) -> sessions.Config:
        seen.append(settings)
        return sessions.Config(**settings)

    monkeypatch.setattr("sessions.starlette.contract.Config", config)
    client = redis.Redis.from_url(redis_url, socket_timeout=1.5, socket_connect_timeout=30)
    backends = [
        RedisSessionBackend(client),
        LibrarySessionBackend(sessions.Backend("memory:"), renew_after=0, timeout=0.5),
        MemorySessionBackend(),
    ]
    for backend in backends:
        SessionMiddleware(plain, backend)  # type: ignore[arg-type]
    assert [(each["renew_after"], each["timeout"]) for each in seen] == [(None, 1.5), (0, 0.5), (None, None)]


def test_clients_that_cannot_be_taken_over() -> None:
    redis = pytest.importorskip("redis")
    sentinel = redis.sentinel.Sentinel([("localhost", 1)]).master_for("m")
    provided = redis.Redis(credential_provider=redis.UsernamePasswordCredentialProvider("u", "p"))
    client: Any
    unverified = redis.Redis(ssl=True, ssl_cert_reqs="none")
    for client in (object(), "redis://localhost", sentinel, unverified, provided):
        with pytest.raises(TypeError):
            RedisSessionBackend(client)
    tls = {"ssl": True, "ssl_check_hostname": True}
    for settings in (
        {"ssl_check_hostname": False},
        {"ssl_cert_reqs": "optional", "ssl_check_hostname": False},
        {"ssl_ciphers": "ECDHE-ECDSA-AES256-GCM-SHA384"},
        {"ssl_ocsp_context": object()},
        {"ssl_password": "p"},
        {"socket_timeout": 0},
        {"socket_connect_timeout": 4000},
    ):
        name = next(iter(settings))
        with pytest.raises(TypeError, match=name):
            RedisSessionBackend(redis.Redis(**tls | settings))
    ipv4 = redis.Redis.from_url("redis://localhost", socket_type=socket.AF_INET)
    with pytest.raises(TypeError, match="socket_type"):
        RedisSessionBackend(ipv4)
    with pytest.raises(TypeError):
        RedisSessionBackend(redis.Redis(), url="redis://localhost")
    for url in ("memory:", "", "localhost"):
        with pytest.raises(ValueError, match="begins with redis:"):
            RedisSessionBackend(url=url)


def test_refused_settings() -> None:
    for settings in ({"cookie_name": "a b"}, {"path": "a;b"}):
        for backend in (MemorySessionBackend(), Own()):
            with pytest.raises(sessions.CallerError):
                SessionMiddleware(plain, backend, **settings)  # type: ignore[arg-type]
    for name, hint in (("none", "https_only=True"), ("Lax", '"lax"'), ("bogus", '"lax"')):
        for backend in (MemorySessionBackend(), Own()):
            with pytest.raises(ValueError, match=hint):
                SessionMiddleware(plain, backend, same_site=name)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        SessionMiddleware(plain, sessions.Backend("memory:"))  # type: ignore[arg-type]
    with pytest.raises(sessions.CallerError):
        SignedCookieSessionBackend("")


@pytest.mark.parametrize("max_age", [0, -1, 10**10])
def test_refused_lifetimes(max_age: int, tmp_path: Path) -> None:
    makers: list[Callable[[], object]] = [
        lambda: CookieSessionBackend(max_age),
        lambda: SignedCookieSessionBackend(SECRET, max_age),
        lambda: SQLiteSessionBackend(tmp_path / "a.db", max_age),
        lambda: LibrarySessionBackend(sessions.Backend("memory:"), max_age=max_age),
    ]
    for make in makers:
        with pytest.raises(ValueError, match="None"):
            make()


def test_sessions_without_an_end() -> None:
    for backend in (SignedCookieSessionBackend(SECRET, max_age=None), CookieSessionBackend(max_age=None)):
        assert backend.get_max_age() is None
        SessionMiddleware(plain, backend)  # type: ignore[arg-type]


def test_warnings_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="sessions"):
        SessionMiddleware(plain, SignedCookieSessionBackend("short"))  # type: ignore[arg-type]
    assert any("key" in record.message and record.levelno == logging.WARNING for record in caplog.records)
    assert "short" not in caplog.text.replace("shorter", "")
