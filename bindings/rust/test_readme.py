"""The program that the README shows is examples/counter.rs, and it counts. Usage: test_readme.py COUNTER"""

import pathlib
import re
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
counter = sys.argv[1]

source = (here / "sessions/examples/counter.rs").read_text()
for readme in (here / "README.md", here.parents[1] / "README.md"):
    [shown] = re.findall(r"```rust\n(.*?)```", readme.read_text(), re.S)
    for line in shown.splitlines():
        assert line.strip() in source, f"{readme} shows what counter.rs does not have: {line}"

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
