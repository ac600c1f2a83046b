"""The program that the README shows is bindings/c/counter.c, and it counts."""
import os
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(os.environ["SESSIONS_SOURCE_DIR"])
build = pathlib.Path(os.environ["SESSIONS_BUILD_DIR"])

source = (root / "bindings/c/counter.c").read_text()
shown = re.search(r"```c\n(.*?)```", (root / "README.md").read_text(), re.S).group(1)
for line in shown.splitlines():
    call = line.strip().rstrip(";")
    assert call in source, f"the README shows what counter.c does not have: {line}"

counter = build / "bindings/c/counter"
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
sys.exit(0)
