"""Sessions for Starlette, with the names of the package starlette-sessions.

``Middleware(SessionMiddleware, backend=SignedCookieSessionBackend(secret_key=...))`` makes ``request.session`` a
mutable mapping of JSON values whose nested changes are noticed. It is loaded before the request is answered and written
as the response starts, and neither holds up the loop.
"""

from sessions.starlette.backends import (
    CookieSessionBackend,
    LibrarySessionBackend,
    MemorySessionBackend,
    RedisSessionBackend,
    SignedCookieSessionBackend,
    SQLiteSessionBackend,
)
from sessions.starlette.base import BaseSessionBackend
from sessions.starlette.middleware import SessionMiddleware

__all__ = [
    "BaseSessionBackend",
    "CookieSessionBackend",
    "LibrarySessionBackend",
    "MemorySessionBackend",
    "RedisSessionBackend",
    "SQLiteSessionBackend",
    "SessionMiddleware",
    "SignedCookieSessionBackend",
]
