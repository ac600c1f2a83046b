"""What is no Exception, such as a KeyboardInterrupt, raised by callbacks: it comes out of the call as itself."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from test_codec import Strict
from test_hostile_stores import Store, begin

import sessions
from sessions import aio

TWO_COOKIES = "session=a; session=b"  # which is logged


class World:
    """Callbacks that raise once they are told to."""

    def __init__(self) -> None:
        self.error: BaseException | None = None
        self.store = Store()
        self.codec = Strict()

    def fail(self) -> None:
        if self.error is not None:
            raise self.error

    def clock(self) -> int:
        self.fail()
        return 10**9

    def random(self, size: int) -> bytes:
        self.fail()
        return bytes(size)

    def log(self, level: int, message: str) -> None:
        self.fail()

    def manager(self, name: str, backend: str = "memory:") -> sessions.Manager:
        settings: dict[str, Any] = {name: getattr(self, name)} if name != "store" else {}
        made = sessions.Backend.custom(self.store) if name == "store" else sessions.Backend(backend)
        return sessions.Manager(made, sessions.Config(plain_http=True, keys=["k" * 32], **settings))

    def raise_now(self, error: BaseException) -> None:
        self.error = self.store.error = self.codec.error = error


def change(session: sessions.Session) -> None:
    session["b"] = 1
    session.commit()


Call = Callable[[sessions.Manager, str, sessions.Session], object]
CALLS: dict[str, tuple[str, Call]] = {
    "store, load": ("store", lambda manager, cookie, session: manager.load(cookie)),
    "store, commit": ("store", lambda manager, cookie, session: change(session)),
    "codec, load": ("codec", lambda manager, cookie, session: manager.load(cookie)),
    "clock, load": ("clock", lambda manager, cookie, session: manager.load(cookie)),
    "clock, commit": ("clock", lambda manager, cookie, session: change(session)),
    "random, regenerate": ("random", lambda manager, cookie, session: session.regenerate()),
    "log, load": ("log", lambda manager, cookie, session: manager.load(TWO_COOKIES)),
    "log, aio": ("log", lambda manager, cookie, session: asyncio.run(aio.load(manager, TWO_COOKIES))),
    "clock, aio": ("clock", lambda manager, cookie, session: asyncio.run(aio.load(manager, cookie))),
}


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3), GeneratorExit()], ids=repr)
@pytest.mark.parametrize("name", CALLS)
def test_comes_out_as_itself(name: str, error: BaseException) -> None:
    world = World()
    callback, call = CALLS[name]
    manager = world.manager(callback, "signed-cookie:" if callback == "codec" else "memory:")
    cookie = begin(manager)
    session = manager.load(cookie)
    world.raise_now(error)
    with pytest.raises(type(error)) as raised:
        call(manager, cookie, session)
    assert raised.value is error


def test_log_while_a_manager_is_made() -> None:
    world = World()
    world.raise_now(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        world.manager("log")


def test_log_that_fails_fails_no_call(monkeypatch: pytest.MonkeyPatch) -> None:
    unraisable: list[Any] = []
    monkeypatch.setattr("sys.unraisablehook", lambda report: unraisable.append(report.exc_value))
    world = World()
    manager = world.manager("log")
    world.raise_now(OSError())
    assert manager.load(TWO_COOKIES).origin != sessions.Origin.RESTORED
    assert unraisable == [world.error]


def test_another_failure_does_not_hide_it() -> None:
    world = World()
    manager = sessions.Manager(
        sessions.Backend.custom(world.store), sessions.Config(plain_http=True, clock=world.clock)
    )
    cookie = begin(manager)
    world.error = OSError()
    with pytest.raises(sessions.CallbackError):
        manager.load(cookie)
    world.store.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        manager.load(cookie)


def test_clock_at_the_start_of_a_call_that_waits() -> None:
    world = World()
    ticking = False

    def clock() -> int:
        if ticking:
            raise KeyboardInterrupt
        return 10**9

    manager = sessions.Manager(
        sessions.Backend.custom(world.store), sessions.Config(plain_http=True, keys=["k" * 32], clock=clock)
    )
    cookie = begin(manager)

    async def main() -> None:
        nonlocal ticking
        await aio.load(manager)
        ticking = True
        try:
            await aio.load(manager, cookie)
        finally:
            ticking = False
            assert (await aio.load(manager, cookie))["a"] == {"b": 1}  # the queue goes on

    with pytest.raises(KeyboardInterrupt):
        asyncio.run(main())


def test_interrupt_while_the_loop_is_told_of_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(call: Any, error: BaseException | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sessions.aio._Call.__call__", interrupted)
    world = World()
    manager = world.manager("store")
    cookie = begin(manager)
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(asyncio.wait_for(aio.load(manager, cookie), 20))


def test_codec_of_a_call_that_waits(redis_url: str) -> None:
    world = World()
    manager = world.manager("codec", redis_url)
    cookie = begin(manager)
    world.raise_now(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        asyncio.run(aio.load(manager, cookie))
