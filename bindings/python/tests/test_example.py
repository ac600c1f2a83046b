"""The examples that count visits."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent


def visit(cookie: str) -> list[str]:
    environment = os.environ | {"SESSIONS_SECRET": "k" * 32, "HTTP_COOKIE": cookie}
    return subprocess.run(
        [sys.executable, PACKAGE / "examples" / "counter.py"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()


def test_counts() -> None:
    first = visit("")
    assert first[-1] == "visit 1"
    assert visit(first[0].removeprefix("Set-Cookie: ").split(";")[0])[-1] == "visit 2"


def test_tour() -> None:
    import tour

    (name, line), *_ = tour.respond(None)[0]
    cookie = line.split(";")[0]
    assert name == "Set-Cookie" and tour.respond(cookie)[1] == "visit 2"
    moved = asyncio.run(tour.log_in(cookie))[0].split(";")[0]
    assert tour.respond(moved)[1] == "visit 3" and tour.respond(cookie)[1] == "visit 1"
