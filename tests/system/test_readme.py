"""The programs in C and C++ that the README shows are in bindings/, and they count. Python and Rust see to theirs."""
import os
import pathlib
import re
import subprocess
import textwrap

root = pathlib.Path(os.environ["SESSIONS_SOURCE_DIR"])
build = pathlib.Path(os.environ["SESSIONS_BUILD_DIR"])


def lines_of(text):
    return "\n".join(line.strip() for line in textwrap.dedent(text).strip().splitlines())


def check_shown(language, program, number=0):
    """What is shown are paragraphs, each as it is in the program, and in the same order."""
    source = f"\n{lines_of((root / program).read_text())}\n"
    place = 0
    shown = re.findall(rf"```{language}\n(.*?)```", (root / "README.md").read_text(), re.S)[number]
    for paragraph in re.split(r"\n\s*\n", shown):
        place = source.find(f"\n{lines_of(paragraph)}\n", place)
        assert place >= 0, f"README.md shows what {program} does not have, or not there: {paragraph}"


def check(language, program):
    check_shown(language, program)
    counter = (build / program).with_suffix("")
    cookie = None
    for visit in (1, 2, 3):
        environment = {"SESSIONS_SECRET": "a secret of at least thirty-two bytes"}
        if cookie:
            environment["HTTP_COOKIE"] = cookie
        response = subprocess.run([counter], env=environment, capture_output=True, text=True, check=True).stdout
        assert f"\nvisit {visit}\n" in response, response
        cookie = re.search(r"^Set-Cookie: ([^;]*);", response, re.M).group(1)

    without_secret = subprocess.run([counter], env={}, capture_output=True, text=True)
    assert without_secret.returncode == 1 and "key" in without_secret.stderr, without_secret


check("c", "bindings/c/counter.c")
check_shown("c", "bindings/c/event_loop.c", 1)
check("cpp", "bindings/cpp/counter.cpp")
