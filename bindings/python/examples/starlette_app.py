"""Counts visits in Starlette: ``uvicorn starlette_app:app``."""

import os

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from sessions import aio
from sessions.starlette import SessionMiddleware, SignedCookieSessionBackend


async def login(request: Request) -> PlainTextResponse:
    """Move the session to a new id, because the user gains rights."""
    request.session["user"] = (await request.json())["user"]
    await aio.regenerate(request.scope["session"])
    return PlainTextResponse("hello")


async def logout(request: Request) -> PlainTextResponse:
    """End the session."""
    request.session.clear()
    return PlainTextResponse("bye")


async def visit(request: Request) -> PlainTextResponse:
    """Count."""
    request.session["visits"] = request.session.get("visits", 0) + 1
    return PlainTextResponse(f"visit {request.session['visits']}")


backend = SignedCookieSessionBackend(secret_key=os.environ["SESSIONS_SECRET"])
app = Starlette(
    routes=[Route("/", visit), Route("/login", login, methods=["POST"]), Route("/logout", logout, methods=["POST"])],
    middleware=[Middleware(SessionMiddleware, backend=backend)],
)
