"""The application that is measured: app.py WHICH HTTP PORT REDIS_URL serves it with one kind of session and of HTTP."""

import sys
from typing import Any

import redis
import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette_sessions.middleware import SessionMiddleware as SeedMiddleware
from starlette_sessions.redis.backend import RedisSessionBackend as SeedRedis
from starlette_sessions.signedcookie.backend import SignedCookieSessionBackend as SeedSignedCookie

from sessions.starlette import RedisSessionBackend, SessionMiddleware, SignedCookieSessionBackend

SECRET = "a key of this benchmark, long enough"


async def count(request: Request) -> PlainTextResponse:
    """Load, change and save."""
    request.session["counter"] = request.session.get("counter", 0) + 1
    return PlainTextResponse("counted")


async def leave_alone(request: Request) -> PlainTextResponse:
    """Do without a session."""
    return PlainTextResponse("counted")


def middleware(which: str, url: str) -> list[Middleware]:
    """Return the kind of session."""
    kinds: dict[str, Any] = {
        "none": lambda: [],
        "signed cookie": lambda: [Middleware(SessionMiddleware, backend=SignedCookieSessionBackend(SECRET))],
        "signed cookie, seed": lambda: [Middleware(SeedMiddleware, backend=SeedSignedCookie(SECRET))],
        "redis": lambda: [Middleware(SessionMiddleware, backend=RedisSessionBackend(url=url))],
        "redis, seed": lambda: [Middleware(SeedMiddleware, backend=SeedRedis(redis.Redis.from_url(url)))],
    }
    made: list[Middleware] = kinds[which]()
    return made


def main(which: str, http: Any, port: str, url: str) -> None:
    """Serve."""
    endpoint = leave_alone if which == "none" else count
    app = Starlette(routes=[Route("/", endpoint)], middleware=middleware(which, url))
    uvicorn.run(app, host="127.0.0.1", port=int(port), http=http, access_log=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
