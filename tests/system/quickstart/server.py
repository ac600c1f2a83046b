"""Starts the quick start for a test, and talks to it with curl."""

import base64
import json
import os
import pathlib
import re
import signal
import subprocess
import tempfile

# The quick start in C, or that in another language, which behaves the same.
QUICKSTART = pathlib.Path(os.environ["SESSIONS_BUILD_DIR"], os.environ.get("SESSIONS_QUICKSTART", "bindings/c/quickstart"))
BACKENDS = ("memory:", "signed-cookie:", "cookie:")
SECRET = "a secret of these tests, known to both sides"
# A cookie of the backend cookie: that curl still sends, and that cannot be set again: 4,096 bytes are not enough.
TOO_LARGE_TO_GROW = base64.urlsafe_b64encode(json.dumps({"a": "x" * 3030}).encode()).decode()


class Server:
    """A quick start on a free port. Leaving the context ends it by `signal_number`, and fails unless that ends it well."""

    def __init__(self, backend=None, command=(QUICKSTART,), secret=SECRET, signal_number=signal.SIGTERM):
        self.command = [str(word) for word in command] + ([backend] if backend else [])
        self.signal_number = signal_number
        self.environment = {**os.environ, "PORT": "0", "SESSIONS_SECRET": secret}

    def __enter__(self):
        self.errors = tempfile.TemporaryFile(mode="w+")
        self.process = subprocess.Popen(
            self.command, env=self.environment, cwd="/", stdout=subprocess.PIPE, stderr=self.errors, text=True
        )
        self.greeting = []
        for line in self.process.stdout:
            self.greeting.append(line.rstrip("\n"))
            if match := re.fullmatch(r"serving on (http://127\.0\.0\.1:\d+)\n", line):
                self.url = match[1]
                return self
        self.process.stdout.close()
        status, errors = self.process.wait(), self.stderr()
        self.errors.close()
        raise AssertionError(f"did not serve: status {status}\n{errors}")

    def end(self):
        """Answers the status with which it ends."""
        self.process.send_signal(self.signal_number)
        try:
            return self.process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __exit__(self, exception_type, exception, traceback):
        status = self.end()
        self.process.stdout.close()
        errors = self.stderr()
        self.errors.close()
        if exception is None:
            expected = -signal.SIGKILL if self.signal_number == signal.SIGKILL else 0
            assert status == expected, f"ended with status {status}\n{errors}"

    def stderr(self):
        self.errors.seek(0)
        return self.errors.read()


class Browser:
    """curl with a cookie jar. Without a jar of its own it keeps no cookies."""

    def __init__(self, server, jar=None):
        self.server = server
        self.jar = jar

    def get(self, route, *arguments):
        """Answers (status, headers as (lower-case name, value), body)."""
        jar = ["--cookie", self.jar, "--cookie-jar", self.jar] if self.jar else []
        command = ["curl", "--silent", "--show-error", "--include", *jar, *arguments, self.server.url + route]
        answer = subprocess.run(command, check=True, capture_output=True, timeout=60).stdout.decode()
        head, body = answer.split("\r\n\r\n", 1)
        first, *lines = head.split("\r\n")
        headers = [(name.lower(), value) for name, value in (line.split(": ", 1) for line in lines)]
        return int(first.split()[1]), headers, body

    def body(self, route, *arguments):
        status, _, body = self.get(route, *arguments)
        assert status == 200, (route, status, body)
        return body
