"""The first requests to Django, which come while the backend is being opened."""

import asyncio
import itertools
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import override_settings
from test_django import stored
from test_hostile_stores import in_child

from sessions import Backend, StoreUnavailableError
from sessions import django as engine_module
from sessions.django import SessionStore

CROWD = 40  # more than asyncio has threads
KEY = "A" * 43


class Silence:
    """A server that takes connections and says nothing."""

    def __init__(self) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.settimeout(60)
        self.connections: list[socket.socket] = []
        self.url = f"redis://127.0.0.1:{self.listener.getsockname()[1]}?connect_timeout_ms=60000"

    def accept(self) -> None:
        self.connections.append(self.listener.accept()[0])

    def end(self) -> None:
        self.listener.close()
        for connection in self.connections:
            connection.close()


@pytest.fixture
def silence() -> Iterator[Silence]:
    silence = Silence()
    with override_settings(SESSIONS_URL=silence.url):
        yield silence
    silence.end()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the URLs of the backends that were opened."""
    urls: list[str] = []

    def note(url: str) -> Backend:
        urls.append(url)
        return Backend(url)

    monkeypatch.setattr(engine_module, "Backend", note)
    return urls


def when_all_have_come(act: Callable[[], None], monkeypatch: pytest.MonkeyPatch) -> None:
    """Act as soon as a crowd has an attempt to wait for."""
    numbers = itertools.count(1)
    begin = engine_module._opening

    def opening(url: str) -> Any:
        attempt = begin(url)
        if next(numbers) == CROWD:
            act()
        return attempt

    monkeypatch.setattr(engine_module, "_opening", opening)


def crowd(visit: Callable[[], object]) -> list[object]:
    """Return what visits on threads of their own came to."""
    ends: list[object] = []

    def work() -> None:
        try:
            ends.append(visit())
        except StoreUnavailableError as error:
            ends.append(error.name)

    threads = [threading.Thread(target=work) for _ in range(CROWD)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ends


def test_threads_share_a_failure(silence: Silence, opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def end() -> None:
        silence.accept()
        silence.end()

    when_all_have_come(end, monkeypatch)
    assert crowd(lambda: SessionStore().exists(KEY)) == ["SESSIONS_E_UNAVAILABLE"] * CROWD
    assert opened == [silence.url]
    with pytest.raises(StoreUnavailableError):
        SessionStore().exists(KEY)
    assert opened == [silence.url] * 2


def test_tasks_share_a_failure(silence: Silence, opened: list[str]) -> None:
    async def main() -> None:
        tasks = [asyncio.ensure_future(SessionStore().aexists(KEY)) for _ in range(CROWD)]
        await asyncio.wait(tasks, timeout=0)
        silence.accept()
        tasks[0].cancel()
        await asyncio.wait(tasks[:1])
        silence.end()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        assert [type(each) for each in ends] == [asyncio.CancelledError] + [StoreUnavailableError] * (CROWD - 1)
        assert opened == [silence.url]
        with pytest.raises(StoreUnavailableError):
            await SessionStore().aexists(KEY)
        assert opened == [silence.url] * 2

    asyncio.run(main())


def test_what_is_open_is_not_waited_for(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    go = threading.Event()
    opened: list[str] = []

    def gated(url: str) -> Backend:
        opened.append(url)
        assert go.wait(60)
        return Backend(url)

    def opening(url: str) -> Any:
        raise AssertionError("An attempt to open what is open.")

    monkeypatch.setattr(engine_module, "Backend", gated)
    when_all_have_come(go.set, monkeypatch)
    with override_settings(SESSIONS_URL=redis_url + "/6"):
        assert crowd(lambda: SessionStore().exists(KEY)) == [False] * CROWD
        assert opened == [redis_url + "/6"]
        monkeypatch.setattr(engine_module, "_opening", opening)
        session = SessionStore(stored(SessionStore, a=1))
        session.set_expiry(77)  # for which there is no manager yet
        session.save()
        assert asyncio.run(SessionStore().aexists(session.session_key))


def test_fork_while_a_thread_opens(silence: Silence, monkeypatch: pytest.MonkeyPatch) -> None:
    def visit() -> None:
        with pytest.raises(StoreUnavailableError):
            SessionStore().exists(KEY)

    def visit_in_child() -> None:
        signal.alarm(30)  # ends it if it hangs
        monkeypatch.setattr(engine_module, "Backend", lambda url: Backend("memory:"))
        assert not SessionStore().exists(KEY)

    thread = threading.Thread(target=visit)
    thread.start()
    silence.accept()
    in_child(visit_in_child)
    silence.end()
    thread.join()


def test_without_a_thread_to_spare(silence: Silence, opened: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def start(thread: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    silence.end()
    monkeypatch.setattr(threading.Thread, "start", start)
    for number in (1, 2):
        with pytest.raises(StoreUnavailableError):
            SessionStore().exists(KEY)
        assert opened == [silence.url] * number


PROGRAM = """
import asyncio, sys
from django.conf import settings
settings.configure(SESSIONS_URL={url!r})
from sessions.django import SessionStore
async def main():
    await asyncio.wait([asyncio.ensure_future(SessionStore().aexists("A" * 43))], timeout=0)
    sys.stdin.readline()
asyncio.run(main())
"""


def test_interpreter_ends_while_a_thread_opens(silence: Silence) -> None:
    program = [sys.executable, "-c", PROGRAM.format(url=silence.url)]
    with subprocess.Popen(program, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            silence.accept()
            _, errors = process.communicate(b"\n", timeout=30)
            assert process.returncode == 0, errors
        finally:
            process.kill()
