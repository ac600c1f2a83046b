"""The calls that wait for a store, for asyncio: the loop is never held up.

``session = await aio.load(manager, cookie_header)``, then ``await aio.commit(session)``,
``await aio.regenerate(session)`` or ``await aio.destroy(session)``. What needs no store is done at once. A call whose
task is cancelled goes on until it ends, and its session refuses other use until then; a write may be done or not.
"""

from __future__ import annotations

import asyncio
import os
import weakref

from sessions import _native
from sessions.manager import Manager
from sessions.session import Outcome, Session

__all__ = ["commit", "destroy", "load", "load_value", "regenerate"]


class _LoopQueue:
    """The queue of one loop in one process."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.queue = _native.Queue()
        self.pid = os.getpid()
        loop.add_reader(self.queue.fileno(), self.queue.dispatch)


_queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _LoopQueue] = weakref.WeakKeyDictionary()


def _queue_of(loop: asyncio.AbstractEventLoop) -> _native.Queue:
    found = _queues.get(loop)
    if found is None or found.pid != os.getpid():
        found = _queues[loop] = _LoopQueue(loop)
    return found.queue


async def _run(session: Session, what: str, cookie: str | bytes | None = None) -> None:
    loop = asyncio.get_running_loop()
    future: asyncio.Future[None] = loop.create_future()

    def done(error: Exception | None) -> None:
        if future.done():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)

    if _queue_of(loop).start(session, what, cookie, done):
        await future


async def load(manager: Manager, cookie_header: str | bytes | None = None) -> Session:
    """Load the session that a request's Cookie header names."""
    session = manager.new()
    await _run(session, "load", cookie_header)
    return session


async def load_value(manager: Manager, cookie_value: str | bytes | None = None) -> Session:
    """Load the session that the bare value of the cookie names."""
    session = manager.new()
    await _run(session, "load_value", cookie_value)
    return session


async def commit(session: Session) -> Outcome:
    """Write what this request did."""
    session._write_nested()
    await _run(session, "commit")
    return session._ended(session._outcome())


async def regenerate(session: Session) -> Outcome:
    """Move the session to a new id."""
    session._write_nested()
    await _run(session, "regenerate")
    return session._ended(session._outcome())


async def destroy(session: Session) -> Outcome:
    """End the session at once."""
    await _run(session, "destroy")
    return session._ended(session._outcome())
