"""The Python packages on the other side: starlette-sessions, whose application the quick start is, and itsdangerous."""

import asyncio
import base64
import importlib.metadata
import json
import os
import re
import sys
import tempfile
import time
import types
import unittest

# The interpreter that has the packages may be another one.
python = os.environ.pop("SESSIONS_TEST_PYTHON", None)
if python:
    os.execvp(python, [python, *sys.argv])

import itsdangerous
from starlette_sessions.signedcookie.backend import SignedCookieSessionBackend

from server import SECRET, Browser, Server

ROUTES = ("/", "/read", "/unsafe", "/clear", "/set", "/set", "/set", "/unsafe", "/read", "/", "/clear", "/unsafe",
          "/read", "/set", "/set", "/read")
THEIR_BACKENDS = {
    "memory:": "MemorySessionBackend()",
    "cookie:": "CookieSessionBackend()",
    "signed-cookie:": f"SignedCookieSessionBackend(secret_key={SECRET!r})",
}


def seed_application(backend):
    """The application of the package's own Quick Start, with another backend and without its server."""
    readme = importlib.metadata.metadata("starlette-sessions").get_payload()
    (program,) = re.findall(r"## Quick Start\s+```python\n(.*?)```", readme, re.DOTALL)
    program, replaced = re.subn(r"(?m)^session_backend = .*$", f"session_backend = {backend}", program)
    assert replaced == 1, program
    served = []
    uvicorn = types.SimpleNamespace(run=lambda app, **_: served.append(app))
    redis = types.SimpleNamespace(RedisSessionBackend=None)
    sys.modules |= {"uvicorn": uvicorn, "starlette_sessions.redis.backend": redis}
    exec(program, {"__name__": "quickstart"})
    return served[0]


class SeedBrowser:
    """Asks an ASGI application, and keeps the session cookie as a browser does."""

    def __init__(self, application):
        self.application = application
        self.cookie = None

    def body(self, route):
        sent = []

        async def receive():
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message):
            sent.append(message)

        headers = [(b"cookie", b"session=" + self.cookie)] if self.cookie else []
        scope = {"type": "http", "http_version": "1.1", "method": "GET", "path": route, "raw_path": route.encode(),
                 "query_string": b"", "headers": headers}
        asyncio.run(self.application(scope, receive, send))
        for name, value in sent[0]["headers"]:
            if name == b"set-cookie":
                gone = b"Max-Age=0" in value
                self.cookie = None if gone else value.removeprefix(b"session=").partition(b";")[0]
        assert sent[0]["status"] == 200, sent
        return b"".join(message.get("body", b"") for message in sent[1:]).decode()


def session_cookie(headers):
    (line,) = [value for name, value in headers if name == "set-cookie"]
    return re.match(r"session=([^;]*);", line)[1]


class WithPython(unittest.TestCase):
    def test_same_answers_as_the_quick_start_of_starlette_sessions(self):
        for backend, theirs in THEIR_BACKENDS.items():
            with self.subTest(backend), Server(backend) as server, tempfile.NamedTemporaryFile() as jar:
                ours, seed = Browser(server, jar.name), SeedBrowser(seed_application(theirs))
                self.assertEqual([ours.body(route) for route in ROUTES], [seed.body(route) for route in ROUTES])

    def test_itsdangerous_reads_our_cookie(self):
        with Server("signed-cookie:") as server:
            before = int(time.time())
            cookie = session_cookie(Browser(server).get("/set")[1])
            token = base64.urlsafe_b64decode(cookie)
            text, signed_at = itsdangerous.TimestampSigner(SECRET).unsign(token, max_age=60, return_timestamp=True)
            self.assertEqual(text, b'{"counter": 1}')
            self.assertTrue(before <= signed_at.timestamp() <= time.time())
            with self.assertRaises(itsdangerous.BadSignature):
                itsdangerous.TimestampSigner("another secret").unsign(token)

    def test_starlette_sessions_reads_our_cookie(self):
        with Server("signed-cookie:") as server:
            cookie = session_cookie(Browser(server).get("/set")[1])
            self.assertEqual(dict(SignedCookieSessionBackend(SECRET)(cookie)), {"counter": 1})
            self.assertEqual(dict(SignedCookieSessionBackend("another secret")(cookie)), {})

    def test_we_read_their_cookie(self):
        session = {"counter": 41, "name": "Zoë 🦀", "big": 2**70, "pi": 3.14, "roles": ["a", None, True], "no": {}}
        with Server("signed-cookie:") as server:
            ours = Browser(server)
            cookie = SignedCookieSessionBackend(SECRET).save_content(session)
            read = json.loads(ours.body("/read", "--cookie", f"session={cookie}"))
            self.assertEqual((read, list(read)), (session, list(session)))

            _, headers, body = ours.get("/set", "--cookie", f"session={cookie}")
            self.assertEqual(body, '{"counter":41}')
            again = dict(SignedCookieSessionBackend(SECRET)(session_cookie(headers)))
            self.assertEqual((again, list(again)), ({**session, "counter": 42}, list(session)))

            token = itsdangerous.TimestampSigner(SECRET).sign(json.dumps(session).encode())
            cookie = base64.urlsafe_b64encode(token).decode()
            self.assertEqual(json.loads(ours.body("/read", "--cookie", f"session={cookie}")), session)

    def test_we_refuse_what_they_refuse(self):
        class Earlier(itsdangerous.TimestampSigner):
            def get_timestamp(self):
                return int(time.time()) - 1209600 - 60

        content = b'{"counter": 41}'
        forged = {
            "another secret": itsdangerous.TimestampSigner("another secret").sign(content),
            "expired": Earlier(SECRET).sign(content),
            "no time": itsdangerous.Signer(SECRET).sign(content),
            "not signed": content,
            "not JSON": itsdangerous.TimestampSigner(SECRET).sign(b"{'counter': 41}"),
        }
        with Server("signed-cookie:") as server:
            for name, token in forged.items():
                with self.subTest(name):
                    cookie = base64.urlsafe_b64encode(token).decode()
                    self.assertEqual(dict(SignedCookieSessionBackend(SECRET)(cookie)), {})
                    self.assertEqual(Browser(server).body("/read", "--cookie", f"session={cookie}"), "{}")


if __name__ == "__main__":
    unittest.main()
