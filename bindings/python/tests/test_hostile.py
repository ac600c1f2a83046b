"""Handles in any order, threads, fork, the end of the interpreter, asyncio."""

import asyncio
import gc
import os
import select
import subprocess
import sys
import threading
import weakref
from collections.abc import Callable
from pathlib import Path

import pytest

import sessions
from sessions import aio


def manager_of(url: str) -> sessions.Manager:
    return sessions.Manager(sessions.Backend(url), sessions.Config(keys=["k" * 32], plain_http=True))


@pytest.fixture(params=["memory:", "signed-cookie:", "sqlite", "redis"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "redis":
        return str(request.getfixturevalue("redis_url"))
    return f"sqlite:{tmp_path}/sessions.db" if request.param == "sqlite" else str(request.param)


def test_session_outlives_its_parents(url: str) -> None:
    one = manager_of(url)
    session = one.load()
    del one
    gc.collect()
    session["a"] = [1]
    session["self"] = {"b": 1}
    assert session.commit() == sessions.Outcome.CREATED


def test_values_outlive_the_session() -> None:
    session = manager_of("memory:").load()
    session["a"] = [1]
    value = session["a"]
    del session
    gc.collect()
    assert value == [1]


class Clock:
    manager: sessions.Manager

    def __call__(self) -> int:
        return 10**9


def test_closing_breaks_a_cycle_through_a_callback() -> None:
    clock = Clock()
    clock.manager = sessions.Manager(sessions.Backend("memory:"), sessions.Config(plain_http=True, clock=clock))
    watched = weakref.ref(clock)
    clock.manager.close()
    del clock
    gc.collect()
    assert watched() is None


def test_fork(url: str) -> None:
    one = manager_of(url)
    with one.load() as session:
        session["a"] = 1
        session.commit()
        cookie = session.cookie_lines[0].split(";")[0]
    child = os.fork()
    if child == 0:
        try:
            with one.load(cookie) as session:
                session["b"] = 2
                session.commit()
            os._exit(0)
        except BaseException:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    assert one.load(cookie)["a"] == 1


def test_many_threads(url: str) -> None:
    one = manager_of(url)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(20):
                with one.load() as session:
                    session["a"] = {"b": 1}
                    session.commit()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


PROGRAM = """
import asyncio, sessions, threading
from sessions import aio
m = sessions.Manager(sessions.Backend({url!r}), sessions.Config(keys=["k" * 32], plain_http=True, clock=lambda: 10**9))
begun = threading.Event()
def work():
    while True:
        with m.load() as s:
            s["a"] = [1]
            s.commit()
        begun.set()
async def visit():
    while True:
        with await aio.load(m) as s:
            s["a"] = [1]
            await aio.commit(s)
        begun.set()
async def serve(is_over):
    tasks = [asyncio.ensure_future(visit()) for _ in range(8)]
    while not is_over():
        await asyncio.wait(tasks, timeout=0)
{use}
held = m.load()
held["a"] = held["b"] = [1]
"""

THREADS = """
for _ in range(3):
    threading.Thread(target=work, daemon=True).start()
begun.wait()
"""

LOOPS = {
    "that nobody closes": """
loop = asyncio.new_event_loop()
loop.run_until_complete(serve(begun.is_set))
""",
    "that is closed": """
asyncio.run(serve(begun.is_set))
""",
    "on a thread": """
threading.Thread(target=asyncio.run, args=(serve(lambda: False),), daemon=True).start()
begun.wait()
""",
}


def end_interpreters(url: str, use: str) -> None:
    for _ in range(5):
        program = [sys.executable, "-c", PROGRAM.format(url=url, use=use)]
        ended = subprocess.run(program, capture_output=True, timeout=60)
        assert ended.returncode == 0, ended.stderr


def test_interpreter_ends_while_calls_are_under_way(url: str) -> None:
    end_interpreters(url, THREADS)


@pytest.mark.parametrize("loop", LOOPS)
@pytest.mark.parametrize("url", ["sqlite", "redis"], indirect=True)  # elsewhere nothing waits
def test_interpreter_ends_while_a_loop_waits(url: str, loop: str) -> None:
    end_interpreters(url, LOOPS[loop])


def test_asyncio(url: str) -> None:
    one = manager_of(url)

    async def main() -> None:
        session = await aio.load(one)
        session["a"] = [1]
        assert await aio.commit(session) == sessions.Outcome.CREATED
        cookie = session.cookie_lines[0].split(";")[0]
        loaded = await asyncio.gather(*(aio.load(one, cookie) for _ in range(10)))
        assert all(each["a"] == [1] for each in loaded)
        assert await aio.destroy(loaded[0]) == sessions.Outcome.DESTROYED

    asyncio.run(main())


def test_cancelled_task(tmp_path: Path) -> None:
    one = manager_of(f"sqlite:{tmp_path}/sessions.db")

    async def main() -> None:
        tasks = [asyncio.ensure_future(aio.load(one, "session=" + "A" * 43)) for _ in range(8)]
        await asyncio.wait(tasks, timeout=0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert (await aio.load(one)).origin == sessions.Origin.NEW

    asyncio.run(main())


INTERPRETERS = """
import sessions
try:
    import _interpreters as interpreters
    make, run = lambda: interpreters.create("legacy"), interpreters.run_string
except ImportError:
    import _xxsubinterpreters as interpreters
    make, run = lambda: interpreters.create(isolated=False), interpreters.run_string
other = make()
run(other, '''
try:
    import sessions
except ImportError as error:
    print(error, flush=True)
''')
interpreters.destroy(other)
session = sessions.Manager(sessions.Backend("memory:"), sessions.Config(plain_http=True)).load()
session.close()
try:
    session["a"]
except sessions.CallerError:
    print("still mine")
"""


def test_second_interpreter() -> None:
    ended = subprocess.run([sys.executable, "-c", INTERPRETERS], capture_output=True, text=True, timeout=60)
    lines = ended.stdout.splitlines()
    assert len(lines) == 2 and "one interpreter" in lines[0] and lines[1] == "still mine", ended


def backends(urls: list[str]) -> list[object]:
    return [sessions.Backend(url) for url in urls]


def managers(urls: list[str]) -> list[object]:
    return [manager_of(url) for url in urls]


def sessions_of(urls: list[str]) -> list[object]:
    return [manager_of(url).new() for url in urls]


@pytest.mark.parametrize("make", [backends, managers, sessions_of])
def test_others_run_while_databases_are_closed(make: Callable[[list[str]], list[object]], tmp_path: Path) -> None:
    turns = [0]
    is_over = threading.Event()

    def take_turns() -> None:
        while not is_over.is_set():
            turns[0] += 1
            select.select([], [], [], 0)  # lets go of the GIL

    thread = threading.Thread(target=take_turns)
    thread.start()
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1000)  # nobody takes the GIL away
    try:
        had_turns = False
        for _ in range(100):
            last = make([f"sqlite:{tmp_path}/{i}.db" for i in range(20)])
            before = turns[0]
            last.clear()
            had_turns = had_turns or turns[0] != before
            if had_turns:
                break
        assert had_turns
    finally:
        sys.setswitchinterval(interval)
        is_over.set()
        thread.join()
