"""Arguments of a wrong type, and numbers that are none: refused at once, in words that name them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sessions
from sessions.starlette import (
    CookieSessionBackend,
    LibrarySessionBackend,
    RedisSessionBackend,
    SignedCookieSessionBackend,
    SQLiteSessionBackend,
)


class Half:
    """What decodes only, and what only gets."""

    def decode(self, data: bytes) -> bytes:
        return data

    def get(self, key: bytes) -> None:
        return None


WRONG: list[tuple[str, Any]] = [
    ("clock", 5),
    ("random", b"random"),
    ("log", "log"),
    ("codec", Half()),
    ("plain_http", "no"),
    ("plain_http", None),
    ("secure", 1),
    ("http_only", "yes"),
    ("partitioned", 0.0),
    ("persistent", "no"),
    ("cookie_name", b"name"),
    ("cookie_path", 5),
    ("cookie_domain", 5),
    ("same_site", "lax"),
    ("commit_mode", "strict"),
    ("lifetime", 1.5),
    ("lifetime", True),
    ("renew_after", "1"),
    ("max_content_bytes", 1e6),
    ("timeout", "1"),
    ("keys", [5]),
]


@pytest.mark.parametrize(("name", "value"), WRONG)
def test_wrong_type_for_a_config(name: str, value: Any) -> None:
    with pytest.raises(TypeError, match="^a key is " if name == "keys" else f"^{name} is "):
        sessions.Config(**{name: value})


@pytest.mark.parametrize("seconds", [float("nan"), float("inf"), -float("inf"), 0, -1, 3601, 1e300])
def test_timeout_that_is_none(seconds: float) -> None:
    session = sessions.Manager(sessions.Backend("memory:")).new()
    for use in (lambda: sessions.Config(timeout=seconds), lambda: session.set_timeout(seconds)):
        with pytest.raises(sessions.CallerError, match="timeout") as refused:
            use()
        assert refused.value.name == "SESSIONS_E_INVALID"


def makers(path: Path) -> dict[str, Callable[[Any], object]]:
    memory = sessions.Backend("memory:")
    return {
        "backend": sessions.Manager,
        "backend is a sessions.Backend": LibrarySessionBackend,
        "config": lambda value: sessions.Manager(memory, value),
        "url": sessions.Backend,
        "store": sessions.Backend.custom,
        "password": lambda value: sessions.Backend("redis://127.0.0.1:1", password=value),
        "the timeout": sessions.Manager(memory).new().set_timeout,
        "the mode": sessions.Manager(memory).new().set_commit_mode,
        "ttl": lambda value: RedisSessionBackend(ttl=value, url="redis://127.0.0.1:1"),
        "max_age": lambda value: SQLiteSessionBackend(path / "sessions.db", max_age=value),
        "max_age is a whole": lambda value: CookieSessionBackend(value),
        "secret_key": SignedCookieSessionBackend,
        "serializer": lambda value: CookieSessionBackend(serializer=value),
        "a key": lambda value: LibrarySessionBackend(memory, keys=[value]),
        "renew_after": lambda value: LibrarySessionBackend(memory, renew_after=value),
        "timeout": lambda value: LibrarySessionBackend(memory, timeout=value),
    }


@pytest.mark.parametrize("name", makers(Path()))
def test_wrong_type(name: str, tmp_path: Path) -> None:
    for value in (object(), {1: 2}, True):
        with pytest.raises(TypeError, match=f"^{name}"):
            makers(tmp_path)[name](value)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("value", [1.5, "30", float("nan")])
def test_lifetime_that_is_no_whole_number(value: Any, tmp_path: Path) -> None:
    for name in ("ttl", "max_age", "max_age is a whole"):
        with pytest.raises(TypeError, match=f"^{name}"):
            makers(tmp_path)[name](value)


def test_secret_that_is_missing() -> None:
    with pytest.raises(TypeError, match=r"^secret_key is a str .*NoneType"):
        SignedCookieSessionBackend(None)  # type: ignore[arg-type]


def test_store_without_all_methods() -> None:
    with pytest.raises(TypeError, match=r"^store .*it has no put_if_version"):
        sessions.Backend.custom(Half())  # type: ignore[arg-type]
