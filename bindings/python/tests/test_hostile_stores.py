"""Hostile programs over every kind of store: forks, threads, cancelled tasks, exceptions, and the interpreter's end."""

import asyncio
import gc
import os
import selectors
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import sessions
from sessions import aio


class Store:
    """Keeps blobs, and answers only while it is open."""

    def __init__(self) -> None:
        self.blobs: dict[bytes, tuple[bytes, int]] = {}
        self.lock = threading.Lock()
        self.is_open = threading.Event()
        self.is_open.set()
        self.was_asked = threading.Event()
        self.error: BaseException | None = None
        self.patience = 60.0

    def shut(self) -> None:
        self.was_asked.clear()
        self.is_open.clear()

    def pass_gate(self) -> None:
        self.was_asked.set()
        if not self.is_open.wait(self.patience):
            raise sessions.StoreUnavailableError("shut")
        if self.error:
            raise self.error

    def get(self, key: bytes, /) -> tuple[bytes, int] | None:
        self.pass_gate()
        return self.blobs.get(key)

    def put_if_version(
        self, key: bytes, blob: bytes, expected: int, version: int, expires: int, now: int, ended: bool, /
    ) -> bool:
        self.pass_gate()
        with self.lock:
            if self.blobs.get(key, (b"", 0))[1] != expected:
                return False
            self.blobs[key] = (blob, version)
            return True

    def delete(self, key: bytes, expected: int, /) -> bool:
        self.pass_gate()
        with self.lock:
            return self.blobs.pop(key, None) is not None


CONFIG: dict[str, Any] = {"keys": ["k" * 32], "plain_http": True}


@pytest.fixture(params=["memory:", "cookie:", "signed-cookie:", "sqlite", "redis", "custom"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> sessions.Manager:
    backends: dict[str, Callable[[], sessions.Backend]] = {
        "sqlite": lambda: sessions.Backend(f"sqlite:{tmp_path}/sessions.db"),
        "redis": lambda: sessions.Backend(str(request.getfixturevalue("redis_url"))),
        "custom": lambda: sessions.Backend.custom(Store()),
    }
    make = backends.get(request.param, lambda: sessions.Backend(request.param))
    return sessions.Manager(make(), sessions.Config(**CONFIG))


def cookie_of(session: sessions.Session) -> str:
    return session.cookie_lines[0].split(";")[0]


def begin(manager: sessions.Manager) -> str:
    with manager.load() as session:
        session["a"] = {"b": 1}
        session.commit()
        return cookie_of(session)


def in_child(work: Callable[[], object]) -> None:
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException as error:
            os.write(2, repr(error).encode())
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0


def is_shared(manager: sessions.Manager, cookie: str) -> bool:
    """Whether a child sees what its parent keeps: all but what lives in this process's memory."""
    with manager.load(cookie) as session:
        return session.origin == sessions.Origin.RESTORED


def test_prefork_server(manager: sessions.Manager, request: pytest.FixtureRequest) -> None:
    cookie = begin(manager)
    held = manager.load(cookie)
    kind = request.node.callspec.params["manager"]

    def serve() -> None:
        assert is_shared(manager, cookie) == (kind != "memory:")
        begin(manager)
        held["in the child"] = True
        assert held["a"] == {"b": 1}
        if kind not in ("memory:", "custom"):
            held.commit()
        held.close()
        gc.collect()

    for _ in range(3):
        in_child(serve)
    with manager.load(cookie) as session:
        assert session["a"] == {"b": 1}
        assert ("in the child" in session) == (kind in ("sqlite", "redis"))
    held["in the parent"] = True
    held.commit()


def test_fork_of_a_program_with_a_loop(manager: sessions.Manager) -> None:
    async def visit() -> str:
        session = await aio.load(manager)
        session["a"] = [1]
        await aio.commit(session)
        return cookie_of(session)

    async def main() -> None:
        cookie = await visit()
        child = os.fork()
        if child == 0:
            # The loop is the parent's; a server that forks runs another one.
            asyncio.events._set_running_loop(None)
            try:
                asyncio.new_event_loop().run_until_complete(visit())
                os._exit(0)
            except BaseException as error:
                os.write(2, repr(error).encode())
                os._exit(1)
        assert os.waitpid(child, 0)[1] == 0
        assert (await aio.load(manager, cookie))["a"] == [1]
        await visit()

    asyncio.run(main())


def test_two_threads_on_one_session() -> None:
    store = Store()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))
    session = manager.load()
    session["a"] = 1
    store.shut()
    outcomes: list[Any] = []
    thread = threading.Thread(target=lambda: outcomes.append(session.commit()))
    thread.start()
    assert store.was_asked.wait(60)
    uses: list[Callable[[], object]] = [
        lambda: session["a"],
        lambda: session.__setitem__("a", 2),
        lambda: len(session),
        lambda: session.cookie_lines,
        session.commit,
        session.destroy,
        session.close,
    ]
    for use in uses:
        with pytest.raises(sessions.CallerError) as refused:
            use()
        assert refused.value.name == "SESSIONS_E_MISUSE"
    store.is_open.set()
    thread.join()
    assert outcomes == [sessions.Outcome.CREATED] and session["a"] == 1


def test_threads_that_take_turns(manager: sessions.Manager) -> None:
    session = manager.load()
    failures: list[BaseException] = []
    turn = threading.Lock()

    def work() -> None:
        try:
            for _ in range(200):
                with turn:
                    session["n"] = session.get("n", 0) + 1
                    session.setdefault("list", []).append(1)
                    session["list"] = session["list"][-3:]
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and session["n"] == 800
    session.commit()


def test_threads_that_do_not_take_turns(manager: sessions.Manager) -> None:
    session = manager.load()
    session["n"] = 0
    others: list[BaseException] = []

    def work() -> None:
        for _ in range(300):
            try:
                session["n"] = session["n"] + 1
                session["list"] = [1, {"a": 2}]
                session["list"].append(3)
                session.commit()
            except sessions.CallerError:
                pass
            except BaseException as error:
                others.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not others and 0 < session["n"] <= 1200


async def hold(manager: sessions.Manager, store: Store) -> tuple[sessions.Session, asyncio.Task[sessions.Outcome]]:
    """Begin a session whose first commit waits until the store is opened."""
    session = await aio.load(manager)
    session["a"] = 1
    store.shut()
    task = asyncio.ensure_future(aio.commit(session))
    await asyncio.to_thread(store.was_asked.wait, 60)
    return session, task


def test_cancelled_task_ends_at_once_and_its_call_later() -> None:
    store = Store()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))

    async def main() -> None:
        session, task = await hold(manager, store)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task  # while the store has not answered
        with pytest.raises(sessions.CallerError):
            session["a"] = 2
        store.is_open.set()
        while True:
            try:
                session["a"] = 2
                break
            except sessions.CallerError:
                await asyncio.to_thread(int)
        assert await aio.commit(session) in (sessions.Outcome.SAVED, sessions.Outcome.MERGED)
        assert (await aio.load(manager, cookie_of(session)))["a"] == 2

    asyncio.run(main())


def test_failed_call_takes_no_nested_change_away() -> None:
    store = Store()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))

    async def main() -> None:
        session = await aio.load(manager)
        session["list"] = [1]
        await aio.commit(session)
        other = await aio.load(manager, cookie_of(session))
        other["more"] = 1
        await aio.commit(other)
        session["some"] = 2
        assert await aio.commit(session) == sessions.Outcome.MERGED
        values = session["list"]
        session["some"] = 3
        store.error = sessions.StoreUnavailableError("down")
        with pytest.raises(sessions.StoreUnavailableError):
            await aio.commit(session)
        store.error = None
        values.append(2)
        await aio.commit(session)
        assert (await aio.load(manager, cookie_of(session)))["list"] == [1, 2]

    asyncio.run(main())


def test_loop_that_ends_before_its_call_is_freed() -> None:
    store = Store()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))
    loops: list[weakref.ref[asyncio.AbstractEventLoop]] = []

    async def main() -> None:
        _, task = await hold(manager, store)
        task.cancel()
        loops.append(weakref.ref(asyncio.get_running_loop()))

    asyncio.run(main())
    threading.Thread(target=store.is_open.set).start()  # freeing the queue waits for the store
    gc.collect()
    assert loops[0]() is None


def test_session_closed_while_its_call_is_under_way() -> None:
    store = Store()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))

    async def main() -> None:
        session, task = await hold(manager, store)
        session.close()
        store.is_open.set()
        with pytest.raises(sessions.SessionsError) as canceled:
            await task
        assert canceled.value.name == "SESSIONS_E_CANCELED"

    asyncio.run(main())


def test_fork_while_another_thread_is_in_a_store() -> None:
    store = Store()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))
    cookie = begin(manager)
    store.shut()
    thread = threading.Thread(target=lambda: manager.load(cookie))
    thread.start()
    assert store.was_asked.wait(60)

    def end() -> None:
        assert sessions._native.begin_ending()  # the parent's callback is not waited for

    in_child(end)
    store.is_open.set()
    thread.join()


def test_fork_between_two_runs_of_a_loop() -> None:
    manager = sessions.Manager(sessions.Backend.custom(Store()), sessions.Config(**CONFIG))
    # An epoll descriptor would be shared with the child.
    loop = asyncio.SelectorEventLoop(selectors.SelectSelector())

    async def visit() -> None:
        session = await aio.load(manager)
        session["a"] = 1
        assert await asyncio.wait_for(aio.commit(session), 20) == sessions.Outcome.CREATED

    loop.run_until_complete(visit())
    in_child(lambda: loop.run_until_complete(visit()))
    loop.run_until_complete(visit())
    loop.close()


def test_loop_that_is_closed_before_its_call_ends_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: unraisable.append(report.exc_value))
    store = Store()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))
    loop = asyncio.new_event_loop()
    _, task = loop.run_until_complete(hold(manager, store))
    loop.close()
    threading.Thread(target=store.is_open.set).start()  # freeing the queue waits for the store
    aio._queue_of(loop).close()
    assert unraisable == [] and not task.done()


@pytest.mark.parametrize(
    ("error", "message", "name"),
    [
        (OSError("secret"), "The store raised OSError.", "SESSIONS_E_CALLBACK"),
        (sessions.StoreUnavailableError("The disk is gone."), "The disk is gone.", "SESSIONS_E_UNAVAILABLE"),
        (sessions.StoreUnavailableError("Too full.", -206), "Too full.", "SESSIONS_E_FULL"),
        (sessions.StoredDataError("Not a blob."), "Not a blob.", "SESSIONS_E_CORRUPT"),
    ],
)
def test_what_a_store_says(error: Exception, message: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", lambda report: unraisable.append(report.exc_value))
    store = Store()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))
    cookie = begin(manager)
    store.error = error
    with pytest.raises(sessions.SessionsError) as failed:
        manager.load(cookie)
    assert (str(failed.value), failed.value.name, failed.value.__cause__) == (message, name, error)
    assert unraisable == []
    with pytest.raises(type(failed.value)) as failed:
        asyncio.run(aio.load(manager, cookie))
    assert (str(failed.value), failed.value.name, failed.value.__cause__) == (message, name, None)
    assert unraisable == ([] if isinstance(error, sessions.SessionsError) else [error])


@pytest.mark.parametrize("error", [RecursionError(), MemoryError()])
def test_any_exception_of_a_store(error: BaseException) -> None:
    store = Store()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))
    cookie = begin(manager)
    store.error = error
    with pytest.raises(sessions.CallbackError) as failed:
        manager.load(cookie)
    assert failed.value.__cause__ is error
    store.error = None
    assert manager.load(cookie)["a"] == {"b": 1}


def test_callbacks_that_collect_garbage_and_free_handles() -> None:
    kept: dict[str, Any] = {}

    def clock() -> int:
        kept.clear()
        gc.collect()
        return 10**9

    manager = sessions.Manager(sessions.Backend("signed-cookie:"), sessions.Config(**CONFIG, clock=clock))
    session = manager.load()
    session["a"] = [1]
    kept["manager"] = manager
    del manager
    session.commit()
    assert session["a"] == [1] and session.cookie_lines


ENDS = {
    "in a thread that waits": """
store.shut()
threading.Thread(target=manager.load, args=[cookie], daemon=True).start()
store.was_asked.wait(60)
""",
    "in a loop that is closed": """
async def main():
    store.shut()
    asyncio.ensure_future(aio.load(manager, cookie))
    await asyncio.to_thread(store.was_asked.wait, 60)
asyncio.run(main())
""",
    "in a loop that nobody closes": """
async def main():
    store.shut()
    asyncio.ensure_future(aio.load(manager, cookie))
    await asyncio.to_thread(store.was_asked.wait, 60)
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
""",
    "by sys.exit in a callback": """
store.error = SystemExit(3)
manager.load(cookie)
""",
}


@pytest.mark.parametrize("how", ENDS)
def test_interpreter_ends_while_a_store_written_in_python_is_asked(how: str) -> None:
    program = f"""
import asyncio, sys, threading
sys.path.insert(0, {str(Path(__file__).parent)!r})
import sessions
from sessions import aio
from test_hostile_stores import CONFIG, Store, begin
store = Store()
store.patience = 0.5  # what is under way in a store is waited for
manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))
cookie = begin(manager)
{ENDS[how]}"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert ended.returncode == (3 if "callback" in how else 0), ended.stderr
