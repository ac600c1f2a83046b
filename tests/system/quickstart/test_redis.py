"""Sessions on a Redis server: an outage is no logout, and afterwards the counter goes on."""

import pathlib
import sys
import tempfile
import unittest

from chromium import Chromium
from server import Browser, Server

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from redis_server import RedisServer, free_port  # noqa: E402


class Redis(unittest.TestCase):
    def test_the_counter_goes_on_after_the_server_was_killed(self):
        with tempfile.TemporaryDirectory() as directory:
            durable = ("--appendonly", "yes", "--appendfsync", "always")
            with RedisServer(directory, *durable) as redis, Server(f"redis://127.0.0.1:{redis.port}/0") as server:
                browser = Browser(server, f"{directory}/jar")
                for life in range(3):
                    for hit in (1, 2):
                        self.assertEqual(browser.body("/hit"), '{"counter":%d}' % (2 * life + hit))
                    redis.kill()
                    for route in ("/hit", "/read", "/hit"):
                        status, headers, _ = browser.get(route)
                        self.assertEqual(status, 503)
                        self.assertNotIn("set-cookie", dict(headers))
                    redis.start()
                    while browser.get("/read")[0] == 503:  # as long as nobody tries to connect
                        pass

    def test_a_browser_goes_on_counting_after_the_server_was_killed(self):
        with tempfile.TemporaryDirectory() as directory, Chromium() as chromium:
            durable = ("--appendonly", "yes", "--appendfsync", "always")
            with RedisServer(directory, *durable) as redis, Server(f"redis://127.0.0.1:{redis.port}/0") as server:
                for life in range(3):
                    for hit in (1, 2):
                        self.assertEqual(chromium.show(server.url + "/hit"), {"counter": 2 * life + hit})
                    (cookie,) = chromium.cookies()
                    redis.kill()
                    for route in ("/hit", "/read", "/hit"):
                        status, shown = chromium.show_any(server.url + route)
                        self.assertEqual(status, 503)
                        self.assertIn(shown["error"], ("SESSIONS_E_UNAVAILABLE", "SESSIONS_E_TIMEOUT"))
                        self.assertEqual(chromium.cookies(), [cookie])
                    redis.start()
                    while chromium.show_any(server.url + "/read")[0] == 503:  # as long as nobody tries to connect
                        pass

    def test_a_server_that_is_not_there_is_said_at_the_start(self):
        with self.assertRaisesRegex(AssertionError, "Redis cannot be reached"), Server(f"redis://127.0.0.1:{free_port()}"):
            pass


if __name__ == "__main__":
    unittest.main()
