"""Eight clients at once."""

import concurrent.futures
import json
import pathlib
import re
import tempfile
import unittest

from server import BACKENDS, Browser, Server

CLIENTS = 8
REQUESTS = 50


def at_once(work):
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as threads:
        return list(threads.map(work, range(CLIENTS)))


def counters(answers):
    """The counters in the answers to one curl, which asks again and again over one connection."""
    return [json.loads(body)["counter"] for body in re.findall(r"\{[^}]*\}", answers)]


class Concurrency(unittest.TestCase):
    def test_each_with_a_session_of_its_own(self):
        for backend in BACKENDS:
            with self.subTest(backend), Server(backend) as server:
                def count_up(_):
                    with tempfile.NamedTemporaryFile() as jar:
                        return counters(Browser(server, jar.name).body(f"/set?[1-{REQUESTS}]"))

                self.assertEqual(at_once(count_up), [[None, *range(1, REQUESTS)]] * CLIENTS)

    def test_all_with_one_session(self):
        with Server("memory:") as server, tempfile.NamedTemporaryFile() as jar:
            Browser(server, jar.name).body("/set")
            cookie = pathlib.Path(jar.name).read_text().split()[-1]

            def count_up(_):
                return counters(Browser(server).body(f"/set?[1-{REQUESTS}]", "--cookie", f"session={cookie}"))

            for own in at_once(count_up):
                self.assertEqual(own, sorted(set(own)))
            self.assertEqual(Browser(server, jar.name).body("/read"), '{"counter":%d}' % (1 + CLIENTS * REQUESTS))

    def test_hits_of_one_session_are_exact_and_each_is_answered_once(self):
        with Server("memory:") as server, tempfile.NamedTemporaryFile() as jar:
            Browser(server, jar.name).body("/hit")
            cookie = pathlib.Path(jar.name).read_text().split()[-1]

            def hit(_):
                return counters(Browser(server).body(f"/hit?[1-{REQUESTS}]", "--cookie", f"session={cookie}"))

            answers = sorted(answer for own in at_once(hit) for answer in own)
            self.assertEqual(answers, list(range(2, 2 + CLIENTS * REQUESTS)))
            self.assertEqual(Browser(server, jar.name).body("/hit"), '{"counter":%d}' % (2 + CLIENTS * REQUESTS))

    def test_reading_setting_and_clearing_one_session(self):
        with Server("memory:") as server, tempfile.NamedTemporaryFile() as jar:
            Browser(server, jar.name).body("/set")

            def visit(client):
                route = ("/set", "/read", "/clear", "/unsafe")[client % 4]
                return Browser(server, jar.name if client < 4 else None).get(f"{route}?[1-{REQUESTS}]")[0]

            self.assertEqual(at_once(visit), [200] * CLIENTS)


if __name__ == "__main__":
    unittest.main()
