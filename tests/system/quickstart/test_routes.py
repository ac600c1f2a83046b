"""The five routes, as the Quick Start of starlette-sessions has them, through curl with a cookie jar."""

import json
import tempfile
import unittest

from server import BACKENDS, SECRET, TOO_LARGE_TO_GROW, Browser, Server

# What the application of that Quick Start answers, in this order, to one browser.
VISIT = (
    ("/", {"hello": "world"}),
    ("/read", {}),
    ("/unsafe", {"counter": None}),
    ("/clear", {"counter": None}),
    ("/set", {"counter": None}),
    ("/set", {"counter": 1}),
    ("/set", {"counter": 2}),
    ("/", {"hello": "world"}),
    ("/read", {"counter": 3}),
    ("/unsafe", {"counter": 3}),
    ("/clear", {"counter": 3}),
    ("/unsafe", {"counter": None}),
    ("/read", {}),
    ("/set", {"counter": None}),
    ("/read", {"counter": 1}),
)


def cookies(headers):
    return [value for name, value in headers if name == "set-cookie"]


class Routes(unittest.TestCase):
    def setUp(self):
        jar = tempfile.NamedTemporaryFile(prefix="jar-")
        self.addCleanup(jar.close)
        self.jar = jar.name

    def test_visit(self):
        for backend in BACKENDS:
            with self.subTest(backend), Server(backend) as server, tempfile.NamedTemporaryFile() as jar:
                browser = Browser(server, jar.name)
                for step, (route, expected) in enumerate(VISIT):
                    status, headers, body = browser.get(route)
                    self.assertEqual((step, status, json.loads(body)), (step, 200, expected))
                    self.assertIn(("content-type", "application/json"), headers)

    def test_default_backend_is_memory(self):
        with Server() as server:
            browser = Browser(server, self.jar)
            self.assertEqual([browser.body("/set") for _ in range(2)], ['{"counter":null}', '{"counter":1}'])
            _, headers, _ = browser.get("/set")
            self.assertRegex(cookies(headers)[0], r"^session=[A-Za-z0-9_-]{43};")

    def test_two_browsers(self):
        for backend in BACKENDS:
            with self.subTest(backend), Server(backend) as server, tempfile.NamedTemporaryFile() as other:
                first, second = Browser(server, self.jar), Browser(server, other.name)
                open(self.jar, "w").close()
                self.assertEqual([first.body("/set"), second.body("/set"), first.body("/set")],
                                 ['{"counter":null}', '{"counter":null}', '{"counter":1}'])

    def test_headers(self):
        for backend in BACKENDS:
            with self.subTest(backend), Server(backend) as server:
                browser = Browser(server, self.jar)
                open(self.jar, "w").close()

                _, headers, _ = browser.get("/")
                self.assertEqual(cookies(headers), [])
                self.assertNotIn("vary", dict(headers))

                _, headers, _ = browser.get("/set")
                self.assertEqual(len(cookies(headers)), 1)
                self.assertRegex(cookies(headers)[0],
                                 r"^session=[^;]+; Max-Age=1209600; Path=/; HttpOnly; SameSite=Lax$")
                self.assertNotIn("vary", dict(headers))
                self.assertEqual(dict(headers)["cache-control"], "private, no-store")

                _, headers, _ = browser.get("/read")
                self.assertNotIn("vary", dict(headers))
                self.assertEqual(dict(headers)["cache-control"], "private, no-store")

                _, headers, _ = browser.get("/clear")
                self.assertRegex(cookies(headers)[0], r"^session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax$")

    def test_repeated_cookie_headers(self):
        with Server("cookie:") as server:
            headers = ["a=1", "session=eyJjb3VudGVyIjogN30=", "b=2"]
            arguments = [word for header in headers for word in ("--header", "Cookie: " + header)]
            self.assertEqual(Browser(server).body("/read", *arguments), '{"counter":7}')

    def test_unknown_id_is_never_adopted(self):
        with Server("memory:") as server:
            chosen = "A" * 43
            status, headers, body = Browser(server).get("/set", "--cookie", "session=" + chosen)
            self.assertEqual((status, body), (200, '{"counter":null}'))
            self.assertNotIn(chosen, cookies(headers)[0])

    def test_other_paths(self):
        with Server() as server:
            status, headers, body = Browser(server).get("/nowhere")
            self.assertEqual((status, list(json.loads(body))), (404, ["error"]))
            self.assertEqual(cookies(headers), [])

    def test_answer_when_the_counter_is_no_number(self):
        with Server("cookie:") as server:
            status, headers, body = Browser(server).get("/set", "--cookie", "session=eyJjb3VudGVyIjogIngifQ==")
            self.assertEqual((status, json.loads(body)), (500, {"error": "SESSIONS_E_TYPE"}))
            self.assertEqual(cookies(headers), [])

    def test_answer_when_the_cookie_would_be_too_large(self):
        with Server("cookie:") as server:
            for route in ("/set", "/read"):
                status, headers, body = Browser(server).get(route, "--cookie", f"session={TOO_LARGE_TO_GROW}")
                self.assertEqual((status, json.loads(body)), (500, {"error": "SESSIONS_E_LIMIT"}))
                self.assertEqual(cookies(headers), [])

    def test_secret(self):
        with Server("signed-cookie:", secret="") as server:
            self.assertTrue(any("random secret" in line for line in server.greeting), server.greeting)
            self.assertEqual(Browser(server, self.jar).body("/set"), '{"counter":null}')
        with Server("signed-cookie:", secret="") as server:
            self.assertEqual(Browser(server, self.jar).body("/read"), "{}")
            self.assertEqual(Browser(server, self.jar).body("/set"), '{"counter":null}')
        with Server("signed-cookie:", secret=SECRET) as server:
            self.assertEqual(len(server.greeting), 1)
            self.assertEqual(Browser(server, self.jar).body("/set"), '{"counter":null}')
            self.assertEqual(Browser(server, self.jar).body("/set"), '{"counter":1}')
        with Server("signed-cookie:", secret=SECRET) as server:
            self.assertEqual(Browser(server, self.jar).body("/set"), '{"counter":2}')

    def test_refusals(self):
        for backend, port, words in (("nonsense:", "0", "nonsense"), ("memory:?size=1", "0", "size"),
                                     (None, "http", "PORT"), (None, "65536", "PORT")):
            with self.subTest(backend=backend, port=port):
                server = Server(backend)
                server.environment["PORT"] = port
                with self.assertRaisesRegex(AssertionError, f"status 1\n.*{words}"):
                    server.__enter__()

    def test_port_in_use(self):
        with Server() as first:
            second = Server()
            second.environment["PORT"] = first.url.rpartition(":")[2]
            with self.assertRaisesRegex(AssertionError, "status 1\n"):
                second.__enter__()


if __name__ == "__main__":
    unittest.main()
