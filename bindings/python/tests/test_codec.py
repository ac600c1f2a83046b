"""Codecs of the program's own on a store that many calls share a connection to."""

import asyncio
import threading
from collections.abc import Callable

import pytest

import sessions
from sessions import aio


class Strict:
    """Gives JSON as it is, until it refuses."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error

    def encode(self, text: str, /) -> bytes:
        return text.encode()

    def decode(self, data: bytes, /) -> str:
        if self.error is not None:
            raise self.error
        return data.decode()


def stored(manager: sessions.Manager) -> str:
    with manager.load() as session:
        session["a"] = [1]
        session.commit()
        return session.cookie_lines[0].split(";")[0]


class World:
    def __init__(self, url: str) -> None:
        backend = sessions.Backend(url)
        self.codec = Strict()
        self.plain = sessions.Manager(backend, sessions.Config(plain_http=True))
        self.coded = sessions.Manager(backend, sessions.Config(plain_http=True, codec=self.codec))
        self.plain_cookie, self.coded_cookie = stored(self.plain), stored(self.coded)
        self.strangers: list[BaseException] = []
        self.failures: list[BaseException] = []

    def load_plain(self) -> None:
        try:
            with self.plain.load(self.plain_cookie) as session:
                assert session["a"] == [1]
        except BaseException as error:
            self.strangers.append(error)

    def load_coded(self) -> None:
        try:
            self.coded.load(self.coded_cookie).close()
        except BaseException as error:
            self.failures.append(error)


@pytest.mark.parametrize("error", [ValueError("no"), SystemExit("no")])
def test_exception_of_a_codec_comes_out_of_its_own_call(redis_url: str, error: BaseException) -> None:
    world = World(redis_url)
    world.codec.error = error

    def repeat(load: Callable[[], None]) -> None:
        for _ in range(100):
            load()

    threads = [threading.Thread(target=repeat, args=(load,)) for load in (world.load_plain, world.load_coded) * 3]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not world.strangers
    assert len(world.failures) == 300
    for failure in world.failures:
        if isinstance(error, Exception):
            assert isinstance(failure, sessions.CallbackError) and failure.__cause__ is error
        else:
            assert failure is error


def test_exception_of_a_codec_comes_out_of_what_awaits_it(redis_url: str) -> None:
    world = World(redis_url)
    world.codec.error = ValueError("no")

    async def main() -> None:
        for _ in range(50):
            calls = [aio.load(world.plain, world.plain_cookie), aio.load(world.coded, world.coded_cookie)]
            loaded, failed = await asyncio.gather(*calls, return_exceptions=True)
            assert isinstance(loaded, sessions.Session)
            assert loaded["a"] == [1]
            assert isinstance(failed, sessions.CallbackError)
            assert failed.__cause__ is world.codec.error

    asyncio.run(main())
