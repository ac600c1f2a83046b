"""A web server that counts visits: the quick start of libsessions, on Starlette and uvicorn.

The argument is a backend's URL, memory: by default. $PORT is the port on 127.0.0.1, 8080 by default; 0 picks a free
one. $SESSIONS_SECRET signs.
"""

import logging
import os
import secrets
import signal
import socket
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

import sessions
from sessions import aio
from sessions.starlette import LibrarySessionBackend, SessionMiddleware


def session_of(request: Request) -> sessions.Session:
    """Return what request.session is, with its type."""
    session: sessions.Session = request.scope["session"]
    return session


def counter(request: Request) -> JSONResponse:
    """Answer with the counter as the session has it now."""
    return JSONResponse({"counter": request.session.get("counter")})


async def hello(request: Request) -> JSONResponse:
    """Leave the session alone."""
    return JSONResponse({"hello": "world"})


async def count(request: Request) -> JSONResponse:
    """Answer, and count."""
    answer = counter(request)
    session_of(request).increment("counter")
    return answer


async def hit(request: Request) -> JSONResponse:
    """Count, and answer after the commit: then the session shows parallel requests' hits too."""
    session_of(request).increment("counter")
    await aio.commit(session_of(request))
    return counter(request)


async def read(request: Request) -> JSONResponse:
    """Answer with everything."""
    return JSONResponse(dict(request.session))


async def clear(request: Request) -> JSONResponse:
    """Answer, and end the session."""
    answer = counter(request)
    request.session.clear()
    return answer


async def unsafe(request: Request) -> JSONResponse:
    """Read only."""
    return counter(request)


async def login(request: Request) -> JSONResponse:
    """Move the session to a new id, as for a user who gains rights: nobody else can know it."""
    answer = counter(request)
    await aio.regenerate(session_of(request))
    return answer


async def not_found(request: Request, error: Exception) -> JSONResponse:
    """Answer for what is no route."""
    return JSONResponse({"error": "SESSIONS_E_NOT_FOUND"}, 404)


def failure(error: sessions.SessionsError) -> JSONResponse:
    """Answer when the library cannot: a store that cannot be asked is no logout, and may answer later."""
    logging.error("%s", error)
    return JSONResponse({"error": error.name}, 503 if isinstance(error, sessions.StoreUnavailableError) else 500)


routes = {"/": hello, "/set": count, "/hit": hit, "/read": read, "/clear": clear, "/unsafe": unsafe, "/login": login}


def main() -> None:
    """Serve."""
    url = sys.argv[1] if len(sys.argv) > 1 else "memory:"
    secret = os.environ.get("SESSIONS_SECRET")
    if not secret:
        secret = secrets.token_urlsafe(32)
        print("SESSIONS_SECRET is not set: signing with a random secret, which ends with this process")
    backend = LibrarySessionBackend(sessions.Backend(url), keys=[secret])
    app = Starlette(
        routes=[Route(path, endpoint) for path, endpoint in routes.items()],
        middleware=[Middleware(SessionMiddleware, backend=backend, error_response=failure)],
        exception_handlers={404: not_found},
    )
    listener = socket.create_server(("127.0.0.1", int(os.environ.get("PORT") or 8080)))
    print(f"serving on http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    uvicorn.Server(uvicorn.Config(app, log_level="warning", server_header=False)).run(sockets=[listener])


if __name__ == "__main__":
    main()
