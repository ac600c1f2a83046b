"""The example counts."""

import os
import subprocess
import sys
from pathlib import Path

EXAMPLE = Path(__file__).parent.parent / "examples" / "counter.py"


def visit(cookie: str) -> list[str]:
    environment = os.environ | {"SESSIONS_SECRET": "k" * 32, "HTTP_COOKIE": cookie}
    return subprocess.run(
        [sys.executable, EXAMPLE], env=environment, capture_output=True, text=True, check=True
    ).stdout.splitlines()


def test_counts() -> None:
    first = visit("")
    assert first[-1] == "visit 1"
    assert visit(first[0].removeprefix("Set-Cookie: ").split(";")[0])[-1] == "visit 2"
