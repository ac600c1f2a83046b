"""A real browser loads /set three times and shows 2."""

import unittest

from chromium import Chromium
from server import Browser, Server


class InABrowser(unittest.TestCase):
    def test_counting(self):
        with Chromium() as chromium:
            for backend in ("memory:", "signed-cookie:"):
                with self.subTest(backend), Server(backend) as server:
                    shown = [chromium.show(server.url + "/set")["counter"] for _ in range(3)]
                    self.assertEqual(shown, [None, 1, 2])
                    self.assertEqual(chromium.show(server.url + "/read"), {"counter": 3})
                    (cookie,) = chromium.cookies()
                    self.assertEqual(
                        {name: cookie[name] for name in ("name", "path", "httpOnly", "secure", "sameSite")},
                        {"name": "session", "path": "/", "httpOnly": True, "secure": False, "sameSite": "Lax"})

                    # The cookie is enough for another client, until whoever has it logs in.
                    held = "session=" + cookie["value"]
                    self.assertEqual(Browser(server).body("/read", "--cookie", held), '{"counter":3}')
                    self.assertEqual(chromium.show(server.url + "/login"), {"counter": 3})
                    self.assertEqual(chromium.show(server.url + "/unsafe"), {"counter": 3})
                    if backend == "memory:":
                        self.assertEqual(Browser(server).body("/read", "--cookie", held), "{}")
                    self.assertEqual(chromium.show(server.url + "/"), {"hello": "world"})
                    self.assertEqual(chromium.show(server.url + "/hit"), {"counter": 4})

                    # Clearing takes it from the browser.
                    self.assertEqual(chromium.show(server.url + "/clear"), {"counter": 4})
                    self.assertEqual(chromium.cookies(), [])
                    self.assertEqual(chromium.show(server.url + "/set"), {"counter": None})
                    chromium.forget_cookies()


if __name__ == "__main__":
    unittest.main()
