"""The calls that wait for a store, for asyncio: the loop is never held up.

``session = await aio.load(manager, cookie_header)``, then ``await aio.commit(session)``,
``await aio.regenerate(session)`` or ``await aio.destroy(session)``. What needs no store is done at once. A call whose
task is cancelled goes on until it ends, and its session refuses other use until then; a write may be done or not.
"""

from __future__ import annotations

import asyncio
import os
import threading
import weakref
from collections.abc import Awaitable, Generator
from typing import Any

from sessions import _native
from sessions.manager import Manager
from sessions.session import Outcome, Session

__all__ = ["commit", "destroy", "load", "load_value", "regenerate"]


class _Here(threading.local):
    """The loop that this thread runs, and the queue of it."""

    loop: weakref.ref[asyncio.AbstractEventLoop] | None = None
    queue: _native.Queue


_here = _Here()
_queues: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, _native.Queue] = weakref.WeakKeyDictionary()


def _queue_of(loop: asyncio.AbstractEventLoop) -> _native.Queue:
    known = _here.loop
    if known is None or known() is not loop:
        queue = _queues.get(loop)
        if queue is None:
            queue = _queues[loop] = _native.Queue()
            loop.add_reader(queue.fileno(), queue.dispatch)
        _here.loop, _here.queue = weakref.ref(loop), queue
    return _here.queue


def _begin_anew() -> None:
    _here.loop = None
    _queues.clear()


os.register_at_fork(after_in_child=_begin_anew)  # a queue belongs to the process that made it


class _Call:
    """A call that has to wait; what awaits it is woken when it has ended."""

    __slots__ = ("future",)

    future: asyncio.Future[None] | None

    def __init__(self) -> None:
        self.future = None

    def __await__(self) -> Generator[Any, None, None]:
        """Wait, and hold on to no loop: one that ends before the call does is freed, and its queue with it."""
        assert self.future
        try:
            yield from self.future
        finally:
            self.future = None

    def __call__(self, error: BaseException | None) -> None:
        """Wake the task, unless it was cancelled or its loop was closed, which would refuse."""
        future = self.future
        if future is None or future.done() or future.get_loop().is_closed():
            return
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)


def start(session: Session, what: str, cookie: str | bytes | None = None) -> Awaitable[None] | None:
    """Start a call, and return what to wait for unless it is done already."""
    loop = asyncio.get_running_loop()
    call = _Call()
    if not _queue_of(loop).start(session, what, cookie, call):
        return None
    call.future = loop.create_future()
    return call


async def load(manager: Manager, cookie_header: str | bytes | None = None) -> Session:
    """Load the session that a request's Cookie header names."""
    session = manager.new()
    if under_way := start(session, "load", cookie_header):
        await under_way
    return session


async def load_value(manager: Manager, cookie_value: str | bytes | None = None) -> Session:
    """Load the session that the bare value of the cookie names."""
    session = manager.new()
    if under_way := start(session, "load_value", cookie_value):
        await under_way
    return session


async def commit(session: Session) -> Outcome:
    """Write what this request did."""
    if under_way := start(session, "commit"):
        await under_way
    return session.outcome


async def regenerate(session: Session) -> Outcome:
    """Move the session to a new id."""
    if under_way := start(session, "regenerate"):
        await under_way
    return session.outcome


async def destroy(session: Session) -> Outcome:
    """End the session at once."""
    if under_way := start(session, "destroy"):
        await under_way
    return session.outcome
