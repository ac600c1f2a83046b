"""The programs that the README shows are in bindings/, and they count."""
import os
import pathlib
import re
import subprocess
import sys

root = pathlib.Path(os.environ["SESSIONS_SOURCE_DIR"])
build = pathlib.Path(os.environ["SESSIONS_BUILD_DIR"])


def shown_in(readme, language):
    return re.findall(rf"```{language}\n(.*?)```", (root / readme).read_text(), re.S)


def check_shown(language, program, number=0, readme="README.md"):
    source = " ".join((root / program).read_text().split())
    shown = shown_in(readme, language)[number]
    for line in shown.splitlines():
        call = " ".join(line.split()).rstrip(";")
        if call.startswith("/*"):
            continue
        assert call in source, f"{readme} shows what {program} does not have: {line}"


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

package = "bindings/python/README.md"
programs = ["tour.py", "tour.py", "starlette_app.py", "flask_app.py", "django_settings.py"]
assert len(shown_in(package, "python")) == len(programs), f"{package} shows programs that are not compared"
for number, program in enumerate(programs):
    check_shown("python", f"bindings/python/examples/{program}", number, package)
outside = re.sub(r"```(python|sh)\n.*?```", "", (root / package).read_text(), flags=re.S)
assert not re.search(r"^( {4}|```)", outside, re.M), f"{package} shows programs that are not marked as Python"
sys.exit(0)
