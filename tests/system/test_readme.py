"""The programs that the README shows are in bindings/, and they count."""
import os
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(os.environ["SESSIONS_SOURCE_DIR"])
build = pathlib.Path(os.environ["SESSIONS_BUILD_DIR"])
readme = (root / "README.md").read_text()


def check_shown(language, program, number=0):
    source = " ".join((root / program).read_text().split())
    shown = re.findall(rf"```{language}\n(.*?)```", readme, re.S)[number]
    for line in shown.splitlines():
        call = line.strip().rstrip(";")
        if call.startswith("/*"):
            continue
        assert call in source, f"the README shows what {program} does not have: {line}"


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
check_shown("python", "bindings/python/examples/counter.py")  # the package's own tests run these
check_shown("python", "bindings/python/examples/starlette_app.py", 1)
sys.exit(0)
