"""Django's engines and ours, side by side: each test runs on both, and on each store of ours."""

import asyncio
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from pathlib import Path
from typing import Any

import django
import pytest
from django.conf import settings
from django.contrib.sessions.exceptions import SessionInterrupted
from django.http import HttpRequest, HttpResponse

if not settings.configured:
    settings.configure(
        SECRET_KEY="k" * 50,
        INSTALLED_APPS=["django.contrib.sessions"],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        CACHES={"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}},
        SESSION_ENGINE="sessions.django",
        USE_TZ=True,
    )
    django.setup()

from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.contrib.sessions.backends.cache import SessionStore as CacheStore
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.test import override_settings
from test_hostile_stores import Store

from sessions import Backend, CallerError, Config
from sessions import django as engine_module
from sessions.django import SessionStore

Engine = type[SessionBase]


@pytest.fixture
def ours(url: str) -> Iterator[Engine]:
    with override_settings(SESSIONS_URL=url):
        yield SessionStore


@pytest.fixture(params=["django's db", "django's cache", "memory", "sqlite", "redis"])
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    if request.param == "django's db":
        call_command("migrate", verbosity=0)
        yield DatabaseStore
    elif request.param == "django's cache":
        yield CacheStore
    else:
        urls = {"memory": "memory:", "sqlite": f"sqlite:{tmp_path}/sessions.db"}
        chosen = urls.get(request.param) or request.getfixturevalue("redis_url")
        with override_settings(SESSIONS_URL=chosen):
            yield SessionStore


def stored(engine: Engine, **content: Any) -> str:
    session = engine()
    session.update(content)
    session.save()
    assert session.session_key
    return session.session_key


def test_fresh_session(engine: Engine) -> None:
    session = engine()
    assert session.is_empty() and not session.modified and not session.accessed
    assert session.session_key is None and session.get("a") is None
    assert session.accessed and not session.modified
    session["a"] = 1
    assert session.modified and not session.is_empty()


def test_content_survives(engine: Engine) -> None:
    key = stored(engine, a=1, b=[1, {"c": None}], d="é")
    again = engine(key)
    assert dict(again.items()) == {"a": 1, "b": [1, {"c": None}], "d": "é"}
    assert "a" in again and again.pop("a") == 1 and again.setdefault("e", 5) == 5
    again.save()
    assert sorted(engine(key).keys()) == ["b", "d", "e"]
    assert again.session_key == key


def test_nested_change_is_saved(engine: Engine) -> None:
    key = stored(engine, a={"b": 1})
    session = engine(key)
    session["a"]["b"] = 2
    assert not session.modified
    session.save()
    assert engine(key)["a"] == {"b": 2}


def test_create_exists_delete(engine: Engine) -> None:
    session = engine()
    session.create()
    key = session.session_key
    assert key and session.modified and engine().exists(key)
    assert list(engine(key).keys()) == []
    session.delete()
    assert not engine().exists(key)
    session.delete(key)
    engine().delete()


@pytest.mark.parametrize("key", ["", "short", "A" * 43, "x" * 32, "\udc80" * 43, "é" * 43, "\0" * 43])
def test_unknown_key_is_dropped(engine: Engine, key: str) -> None:
    if engine is DatabaseStore and "\udc80" in key:
        pytest.skip("Django's own fails")
    session = engine(key)
    assert session.get("a") is None and session.session_key is None
    session["a"] = 1
    session.save()
    assert session.session_key not in (None, key)


def test_save_of_a_deleted_session(engine: Engine) -> None:
    key = stored(engine, a=1)
    session = engine(key)
    assert session["a"] == 1
    engine(key).delete()
    session["a"] = 2
    with pytest.raises(UpdateError):
        session.save()
    assert not engine().exists(key)


def test_create_under_a_taken_key(engine: Engine) -> None:
    key = stored(engine, a=1)
    with pytest.raises(CreateError):
        engine(key).save(must_create=True)
    assert engine(key)["a"] == 1


def test_cycle_key(engine: Engine) -> None:
    key = stored(engine, a=1)
    session = engine(key)
    session["b"] = 2
    session.cycle_key()
    session.save()
    assert session.session_key and session.session_key != key and session.modified
    assert not engine().exists(key)
    assert dict(engine(session.session_key).items()) == {"a": 1, "b": 2}


def test_cycle_key_without_a_key(engine: Engine) -> None:
    session = engine()
    session["a"] = 1
    session.cycle_key()
    session.save()
    assert session.session_key and engine(session.session_key)["a"] == 1


def test_flush(engine: Engine) -> None:
    key = stored(engine, a=1)
    session = engine(key)
    session.flush()
    assert session.session_key is None and session.is_empty() and session.modified
    assert not engine().exists(key)


def test_clear_keeps_the_key(engine: Engine) -> None:
    key = stored(engine, a=1)
    session = engine(key)
    session.clear()
    session["b"] = 2
    session.save()
    assert session.session_key == key and dict(engine(key).items()) == {"b": 2}


def test_expiry(engine: Engine) -> None:
    session = engine()
    assert session.get_expiry_age() == settings.SESSION_COOKIE_AGE
    session.set_expiry(10)
    assert session.get_expiry_age() == 10 and not session.get_expire_at_browser_close()
    session.set_expiry(timedelta(seconds=20))
    assert 15 <= session.get_expiry_age() <= 20
    session.set_expiry(datetime.now(timezone.utc) + timedelta(seconds=30))
    assert 25 <= session.get_expiry_age() <= 30
    session.set_expiry(0)
    assert session.get_expire_at_browser_close()
    session.save()
    assert session.session_key and engine(session.session_key).get_expire_at_browser_close()
    session.set_expiry(None)
    assert session.get_expiry_age() == settings.SESSION_COOKIE_AGE


def test_expired_session_is_gone(engine: Engine) -> None:
    key = stored(engine, a=1)
    session = engine(key)
    session.set_expiry(-5)
    session.save()
    engine.clear_expired()
    assert not engine().exists(key)
    again = engine(key)
    assert again.get("a") is None and again.session_key is None


def test_session_made_expired_is_gone(engine: Engine) -> None:
    session = engine()
    session["a"] = 1
    session.set_expiry(-5)
    session.save()
    assert session.session_key and engine(session.session_key).get("a") is None


def test_test_cookie(engine: Engine) -> None:
    session = engine()
    session.set_test_cookie()
    assert session.test_cookie_worked()
    session.delete_test_cookie()
    assert not session.test_cookie_worked()


def test_async(engine: Engine) -> None:
    if not hasattr(engine, "aset") or engine is DatabaseStore:
        pytest.skip("needs Django 5.1, and a database that threads share")

    async def main() -> None:
        session: Any = engine()
        await session.aset("a", 1)
        await session.asave()
        key = session.session_key
        assert await session.aexists(key) and not await session.aexists("A" * 43)
        again: Any = engine(key)
        assert await again.aget("a") == 1
        await again.aupdate({"b": 2})
        await again.acycle_key()
        await again.asave()
        assert again.session_key != key and not await again.aexists(key)
        gone: Any = engine(again.session_key)
        assert await gone.aget("b") == 2
        await again.aflush()
        await gone.aset("b", 3)
        with pytest.raises(UpdateError):
            await gone.asave()
        made: Any = engine()
        await made.acreate()
        assert await made.aexists(made.session_key)
        await made.aset_expiry(-5)
        await made.asave()
        assert not await made.aexists(made.session_key)
        await engine.aclear_expired()

    asyncio.run(main())


# ---- what Django's own do not ----


def test_parallel_changes_are_merged(ours: Engine) -> None:
    key = stored(ours, a=1, b=1, c=1)
    one, other = ours(key), ours(key)
    assert one["a"] == other["a"] == 1
    one["a"] = 2
    del one["c"]
    other["b"] = 2
    one.save()
    other.save()
    assert dict(ours(key).items()) == {"a": 2, "b": 2}


def test_session_deleted_while_it_is_saved(ours: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    key = stored(ours, a=1)
    session = ours(key)
    session["a"] = 2
    apply = SessionStore._apply

    def delete_meanwhile(self: SessionStore, *arguments: Any) -> None:
        apply(self, *arguments)
        ours(key).delete()

    monkeypatch.setattr(SessionStore, "_apply", delete_meanwhile)
    with pytest.raises(UpdateError):
        session.save()
    assert not ours().exists(key)
    session.cycle_key()
    assert session.session_key != key and session["a"] == 2


def test_cycle_key_keeps_parallel_changes(ours: Engine) -> None:
    key = stored(ours, a=1)
    one, other = ours(key), ours(key)
    assert one["a"] == 1
    other["b"] = 2
    other.save()
    one.cycle_key()
    assert one.session_key and dict(ours(one.session_key).items()) == {"a": 1, "b": 2}


def test_clear_is_of_parallel_changes_too(ours: Engine) -> None:
    key = stored(ours, a=1)
    one, other = ours(key), ours(key)
    one.clear()
    other["b"] = 1
    other.save()
    one.save()
    assert list(ours(key).keys()) == []


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    time_is = [1_000_000_000]

    def with_clock(**settings: Any) -> Config:
        return Config(clock=lambda: time_is[0], **settings)

    engine_module._manager_of.cache_clear()
    monkeypatch.setattr(engine_module, "Config", with_clock)
    monkeypatch.setattr(engine_module, "_manager_of", lru_cache(engine_module._manager_of.__wrapped__))
    return time_is


def test_lifetime_is_kept(ours: Engine, now: list[int]) -> None:
    key = stored(ours, a=1)
    now[0] += settings.SESSION_COOKIE_AGE - 1
    assert ours().exists(key)
    now[0] += 2
    assert not ours().exists(key)
    ours.clear_expired()
    assert engine_module._manager().sweep() == 0


def test_old_session_is_shortened(ours: Engine, now: list[int]) -> None:
    key = stored(ours, a=1)
    now[0] += 3600
    session = ours(key)
    session.set_expiry(60)
    session.save()
    now[0] += 59
    assert ours(key)["a"] == 1
    now[0] += 2
    assert not ours().exists(key)


def test_old_session_is_shortened_by_async_calls(ours: Engine, now: list[int]) -> None:
    async def main() -> None:
        session: Any = ours(key)
        await session.aset_expiry(60)
        await session.asave()

    key = stored(ours, a=1)
    now[0] += 3600
    asyncio.run(main())
    now[0] += 61
    assert not ours().exists(key)


class Noting(Store):
    """Notes the threads on which it is asked."""

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[int] = set()

    def pass_gate(self) -> None:
        self.threads.add(threading.get_ident())

    def sweep(self, most: int, now: int, /) -> tuple[int, int]:
        self.pass_gate()
        return 0, 0


def test_async_methods_ask_the_store_on_no_thread_of_the_loop(now: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    store = Noting()
    monkeypatch.setitem(engine_module._opened, "custom", Backend.custom(store))

    async def main() -> None:
        session: Any = SessionStore()
        await session.aset("a", 1)
        await session.asave()
        await session.aset("a", 2)
        await session.asave()
        await session.acycle_key()
        assert await session.aexists(session.session_key)
        now[0] += 3600
        again: Any = SessionStore(session.session_key)
        assert await again.aget("a") == 2
        await again.aset_expiry(60)  # of what was written longer ago
        await again.asave()
        await again.aset_expiry(-5)
        await again.asave()
        ended: Any = SessionStore()
        await ended.aset_expiry(-5)
        await ended.asave(must_create=True)
        deleted: Any = SessionStore()
        await deleted.acreate()
        await deleted.adelete()
        await SessionStore.aclear_expired()

    with override_settings(SESSIONS_URL="custom"):
        asyncio.run(main())
    assert store.threads and threading.get_ident() not in store.threads


@pytest.mark.parametrize("value", [b"a", datetime.now(), [{1, 2}], {"a": object()}])
def test_what_is_no_json_is_refused(engine: Engine, value: Any) -> None:
    if engine is CacheStore:
        pytest.skip("Django's cache pickles")
    session = engine()
    session["a"] = value
    with pytest.raises(TypeError):
        session.save()


def test_lone_surrogates_and_keys_that_are_no_strings_are_refused(ours: Engine) -> None:
    session = ours()
    session["a"] = "\ud800"
    with pytest.raises(CallerError):
        session.save()
    other: Any = ours()
    other[1] = 2
    with pytest.raises(TypeError):
        other.save()


def test_reserved_key_is_refused(ours: Engine) -> None:
    session = ours()
    session["_django"] = 1
    with pytest.raises(ValueError):
        session.save()


def test_size_is_a_setting(tmp_path: Path) -> None:
    with override_settings(SESSIONS_URL=f"sqlite:{tmp_path}/small.db", SESSIONS_MAX_CONTENT_BYTES=1000):
        session = SessionStore()
        session["a"] = "x" * 2000
        with pytest.raises(CallerError):
            session.save()
    with override_settings(SESSIONS_URL=f"sqlite:{tmp_path}/large.db", SESSIONS_MAX_CONTENT_BYTES=200_000):
        assert SessionStore(stored(SessionStore, a="x" * 100_000))["a"] == "x" * 100_000


def test_key_of_an_attacker_is_not_used(ours: Engine) -> None:
    session = ours("A" * 43)
    session["a"] = 1
    session.save(must_create=True)
    assert session.session_key != "A" * 43


def request_of(key: str | None) -> HttpRequest:
    request = HttpRequest()
    if key:
        request.COOKIES[settings.SESSION_COOKIE_NAME] = key
    return request


def test_middleware_of_django(ours: Engine) -> None:
    def view(request: HttpRequest) -> HttpResponse:
        request.session["visits"] = request.session.get("visits", 0) + 1
        return HttpResponse(str(request.session["visits"]))

    def deleting(request: HttpRequest) -> HttpResponse:
        ours(request.session.session_key).delete()
        return view(request)

    middleware: Any = SessionMiddleware(view)
    first = middleware(request_of(None))
    key = first.cookies[settings.SESSION_COOKIE_NAME].value
    assert ours().exists(key) and "Cookie" in first["Vary"]
    assert middleware(request_of(key)).content == b"2"

    def late(request: HttpRequest) -> HttpResponse:
        assert request.session["visits"] == 2
        return deleting(request)

    with pytest.raises(SessionInterrupted):
        SessionMiddleware(late)(request_of(key))


@pytest.mark.parametrize("wrong", [None, "cookie:", "signed-cookie:"])
def test_wrong_settings(wrong: str | None) -> None:
    with override_settings(SESSIONS_URL=wrong), pytest.raises(ImproperlyConfigured):
        SessionStore().exists("A" * 43)


PROGRAM = """
import django_app
from django.test import Client
client = Client()
print([client.get(path).content.decode() for path in ("/", "/", "/logout", "/")])
"""


def test_example(url: str) -> None:
    examples = str(Path(__file__).parent.parent / "examples")
    environment = os.environ | {"SESSIONS_URL": url, "PYTHONPATH": examples}
    ended = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True, timeout=60
    )
    assert ended.stdout.strip() == "['visit 1', 'visit 2', 'bye', 'visit 1']"
