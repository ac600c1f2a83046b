"""Runs vector files of other frameworks' cookies against sessions-interop-driver, and counts.

check.py DRIVER VECTORS.json...

What counts is in README.md. The exit status is 0 when nothing failed.
"""

import json
import pathlib
import subprocess
import sys

CONFIGURATION = ("secret", "secrets", "passwords", "old_secret", "keys", "cookie_name", "params", "redis", "value_b64")
WRITE_INPUTS = ("sid", "expires_at", "signed_at", "plaintext")
# Kinds of refusal that must be told apart; for the others any will do.
TOLD_APART = ("expired", "future", "missing", "too_large", "unsupported", "wrong_purpose")


def exact(text):
    """JSON as values that are equal only when order of members, kinds of numbers and all digits are."""
    return json.loads(
        text,
        object_pairs_hook=lambda members: ("object", members),
        parse_int=lambda digits: ("integer", int(digits)),
        parse_float=lambda digits: ("float", float(digits)),
        parse_constant=lambda name: ("constant", name),
    )


def payload_text(answer):
    """The payload as the driver spelt it: {"ok":true,"payload":...}"""
    return answer.removeprefix('{"ok":true,"payload":').removesuffix("}")


class Driver:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8")

    def ask_line(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().rstrip("\n")

    def ask(self, request):
        return self.ask_line(json.dumps(request, ensure_ascii=False))

    def end(self):
        self.process.stdin.close()
        left = self.process.stdout.read()
        self.process.stdout.close()
        return self.process.wait(), left


def request_for(operation, vector, format_name):
    request = {"op": operation, "format": format_name, "now": vector["now"]}
    return request | {key: vector[key] for key in CONFIGURATION if key in vector}


def check_read(driver, vector, format_name, source):
    """None when all is well, else what is wrong."""
    line = driver.ask(request_for("read", vector, format_name) | {"header": vector.get("header", "")})
    answer = json.loads(line)
    if vector["expect"] == "accept":
        if not answer["ok"]:
            return None if vector.get("lenient") else f"refused: {answer['error']}"
        return None if exact(payload_text(line)) == source["payload"] else f"read {line}"
    if answer["ok"]:
        return None if vector.get("may_accept") else "accepted"
    if vector["error"] in TOLD_APART and answer["error"] != vector["error"]:
        return f"{answer['error']} instead of {vector['error']}"
    return None


def check_write(driver, vector, format_name, source):
    inputs = {key: vector["write"][key] for key in WRITE_INPUTS if key in vector["write"]}
    request = request_for("write", vector, format_name) | {"payload": vector["payload"]} | inputs
    answer = json.loads(driver.ask(request))
    if not answer["ok"]:
        return f"not written: {answer['error']}"
    if vector["write"]["mode"] == "exact":
        return None if answer["cookie"] == vector["cookie"] else f"wrote {answer['cookie']}"
    written = vector | {"header": f"{vector.get('cookie_name', 'session')}={answer['cookie']}"}
    return check_read(driver, written, format_name, source)


def check_file(driver, path):
    """Answers how many checks passed, and the failures."""
    text = path.read_text(encoding="utf-8")
    file = json.loads(text)
    sources = [dict(members) for _, members in dict(exact(text)[1])["vectors"]]
    passed, failures = 0, []
    for vector, source in zip(file["vectors"], sources, strict=True):
        checks = [check_read] + ([check_write] if "write" in vector else [])
        for check in checks:
            wrong = check(driver, vector, file["format"], source)
            passed += wrong is None
            if wrong is not None:
                failures.append(f"{vector['id']} {vector['name']} {check.__name__}: {wrong}")
    return passed, failures


def main(program, *paths):
    driver = Driver(program)
    passed, failures = 0, []
    for path in paths:
        good, bad = check_file(driver, pathlib.Path(path))
        passed += good
        failures += bad
    status, left = driver.end()
    if status != 0 or left:
        failures.append(f"the driver ended with status {status} and {left!r}")
    print(*failures, f"{passed} passed, {len(failures)} failed", sep="\n")
    return 1 if failures or not passed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
