"""Code of the program's that runs within an operation on a session, and would pull the session away from under it."""

import asyncio
import gc
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

import pytest
from test_hostile_stores import CONFIG, Store, hold

import sessions
from sessions import aio


class Intruder:
    """Tries to close a session, and notes whether that was refused."""

    def __init__(self, session: sessions.Session) -> None:
        self.session = session
        self.tries: list[str] = []

    def __call__(self) -> None:
        try:
            self.session.close()
            self.tries.append("closed")
        except sessions.CallerError as error:
            self.tries.append(error.name)


@pytest.fixture
def intruder() -> Intruder:
    session = sessions.Manager(sessions.Backend("memory:"), sessions.Config(**CONFIG)).load()
    session["a"] = [1]
    return Intruder(session)


class Key(str):
    """A key whose class does something when a dict looks it up."""

    intrude: Callable[[], None]

    def __hash__(self) -> int:
        self.intrude()
        return hash("a")

    def __eq__(self, other: object) -> bool:
        self.intrude()
        return False


def key_of(intruder: Intruder) -> Key:
    key = Key("a")
    key.intrude = intruder
    return key


USES: dict[str, Callable[[sessions.Session, str], Any]] = {
    "get": lambda session, key: session[key],
    "set a list": lambda session, key: session.__setitem__(key, [2]),
    "set a number": lambda session, key: session.__setitem__(key, 2),
    "delete": lambda session, key: session.__delitem__(key),
}


@pytest.mark.parametrize("use", USES)
def test_class_of_a_key(intruder: Intruder, use: str) -> None:
    USES[use](intruder.session, key_of(intruder))
    assert set(intruder.tries) == {"SESSIONS_E_MISUSE"}
    assert len(intruder.session) == (0 if use == "delete" else 1)


def test_profiler_while_a_large_number_is_set(intruder: Intruder) -> None:
    def profile(frame: FrameType, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_name == "encode":
            intruder()

    sys.setprofile(profile)
    try:
        intruder.session["large"] = 10**40
    finally:
        sys.setprofile(None)
    assert set(intruder.tries) == {"SESSIONS_E_MISUSE"} and intruder.session["large"] == 10**40


@pytest.mark.parametrize("use", ["_keys", "_cookie_lines", "_headers"])
def test_finalizer_while_a_list_is_made(intruder: Intruder, use: str) -> None:
    class Garbage:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            intruder()

    call = getattr(intruder.session, use)
    thresholds = gc.get_threshold()
    gc.disable()
    gc.collect()
    try:
        Garbage()
        gc.set_threshold(1)
        gc.enable()
        call()  # makes a list, which makes Python collect garbage
    finally:
        gc.set_threshold(*thresholds)
        gc.enable()
    gc.collect()
    # From Python 3.12 on garbage is collected between operations.
    assert intruder.tries == ["SESSIONS_E_MISUSE" if sys.version_info < (3, 12) else "closed"]


@pytest.mark.parametrize("elsewhere", [False, True])
def test_closing_while_a_call_for_asyncio_starts(elsewhere: bool) -> None:
    intruders: list[Intruder] = []

    def clock() -> int:
        for intruder in intruders:
            if elsewhere:
                thread = threading.Thread(target=intruder)
                thread.start()
                thread.join()
            else:
                intruder()
        return 10**9

    manager = sessions.Manager(sessions.Backend.custom(Store()), sessions.Config(**CONFIG, clock=clock))

    async def main() -> None:
        session = await aio.load(manager)
        session["a"] = [1]
        intruders.append(Intruder(session))
        assert await aio.commit(session) == sessions.Outcome.CREATED

    asyncio.run(main())
    assert set(intruders[0].tries) == {"SESSIONS_E_MISUSE"}


def test_closing_on_another_thread_than_the_loop_that_waits() -> None:
    store = Store()
    manager = sessions.Manager(sessions.Backend.custom(store), sessions.Config(**CONFIG))

    async def main() -> None:
        session, task = await hold(manager, store)
        with pytest.raises(sessions.CallerError) as refused:
            await asyncio.to_thread(session.close)
        assert refused.value.name == "SESSIONS_E_MISUSE"
        store.is_open.set()
        assert await task == sessions.Outcome.CREATED
        await asyncio.to_thread(session.close)

    asyncio.run(main())
