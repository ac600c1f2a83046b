"""Sessions in a file outlive the server, and parallel hits are exact."""

import concurrent.futures
import pathlib
import signal
import tempfile
import unittest

from server import Browser, Server

CLIENTS = 8
REQUESTS = 50


class Sqlite(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.url = f"sqlite:{directory.name}/sessions.db"
        self.jar = f"{directory.name}/jar"

    def test_the_counter_goes_on_after_kill_and_restart(self):
        for run in range(3):
            with Server(self.url, signal_number=signal.SIGKILL) as server:
                for hit in (1, 2):
                    self.assertEqual(Browser(server, self.jar).body("/hit"), '{"counter":%d}' % (2 * run + hit))

    def test_hits_of_one_cookie_are_exact(self):
        with Server(self.url) as server:
            Browser(server, self.jar).body("/hit")
            cookie = pathlib.Path(self.jar).read_text().split()[-1]

            def hit(_):
                return Browser(server).get(f"/hit?[1-{REQUESTS}]", "--cookie", f"session={cookie}")[0]

            with concurrent.futures.ThreadPoolExecutor(CLIENTS) as threads:
                self.assertEqual(list(threads.map(hit, range(CLIENTS))), [200] * CLIENTS)
            self.assertEqual(Browser(server, self.jar).body("/read"), '{"counter":%d}' % (1 + CLIENTS * REQUESTS))


if __name__ == "__main__":
    unittest.main()
