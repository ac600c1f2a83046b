"""A server and applications in a few lines, for what needs no real ones."""

import asyncio
from collections.abc import Callable, MutableMapping
from typing import Any

from test_starlette import SECRET, Own
from test_wsgi import Down

import sessions
from sessions.starlette import (
    CookieSessionBackend,
    LibrarySessionBackend,
    MemorySessionBackend,
    SessionMiddleware,
    SignedCookieSessionBackend,
)
from sessions.starlette.contract import SessionBackend

Message = MutableMapping[str, Any]
App = Callable[[Any, Any, Any], Any]
BACKENDS: dict[str, Callable[[], SessionBackend]] = {
    "signed-cookie": lambda: SignedCookieSessionBackend(SECRET),
    "codec": lambda: CookieSessionBackend(serializer=lambda content: repr(dict(content)).encode()),
    "memory": MemorySessionBackend,
    "custom": lambda: LibrarySessionBackend(sessions.Backend.custom(Down())),
    "own": Own,
}


class Connection:
    """A request, and what it was sent."""

    def __init__(self, headers: Any = (), kind: str = "http") -> None:
        self.scope: dict[str, Any] = {"type": kind, "headers": headers}
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        raise AssertionError("nothing is received")

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    def meet(self, app: App, backend: SessionBackend | None = None, **settings: Any) -> list[Message]:
        backend = backend or SignedCookieSessionBackend(SECRET)
        asyncio.run(SessionMiddleware(app, backend, **settings)(self.scope, self.receive, self.send))
        return self.sent


def answering(*messages: Message) -> App:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        scope["session"]["visits"] = scope["session"].get("visits", 0) + 1
        for message in messages:
            await send(message)

    return app


def start(**more: Any) -> Message:
    return {"type": "http.response.start", "status": 200, **more}
