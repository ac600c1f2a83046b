"""The examples do what the READMEs show."""

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest

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


@pytest.mark.parametrize(
    "section, program",
    [("libsessions", "tour.py"), ("Starlette", "starlette_app.py"), ("WSGI", "flask_app.py")],
)
def test_readme_shows_an_example(section: str, program: str) -> None:
    example = [line.split("  #")[0].strip() for line in (PACKAGE / "examples" / program).read_text().splitlines()]
    text = (PACKAGE / "README.md").read_text().split(f"# {section}\n")[1].split("\n## ")[0]
    shown = [line.split("  #")[0].strip() for line in text.splitlines() if line.startswith("    ")]
    assert shown and not [line for line in shown if line not in example and not line.startswith("pip install ")]


def test_readme_shows_the_settings_of_django() -> None:
    section = (PACKAGE / "README.md").read_text().split("## Django\n")[1]
    shown = [line.strip() for line in section.splitlines() if line.startswith("    ")]
    example = (PACKAGE / "examples" / "django_app.py").read_text()
    assert shown.pop().startswith('SESSIONS_URL = "redis://localhost"')
    assert shown and all(line.replace(" = ", "=") in example for line in shown)
