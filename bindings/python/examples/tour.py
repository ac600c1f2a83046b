"""The calls of the package, without and with asyncio."""

import asyncio

import sessions
from sessions import aio

manager = sessions.Manager(sessions.Backend("memory:"), sessions.Config(plain_http=True))


def respond(cookie_header: str | None) -> tuple[list[tuple[str, str]], str]:
    """Answer a request."""
    with manager.load(cookie_header) as session:
        visits = session.increment("visits")
        session.setdefault("pages", []).append("/")  # noticed, and written
        session.commit()
        headers = [("Set-Cookie", line) for line in session.cookie_lines]
    return headers, f"visit {visits}"


async def log_in(cookie_header: str | None) -> list[str]:
    """Answer a request without holding up the loop."""
    session = await aio.load(manager, cookie_header)
    session["user"] = 42
    await aio.regenerate(session)
    return session.cookie_lines


if __name__ == "__main__":
    headers, body = respond(None)
    print(body, *asyncio.run(log_in(headers[0][1].split(";")[0])), sep="\n")
