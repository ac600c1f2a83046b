"""SIGTERM and Ctrl-C end the server well, and valgrind finds nothing: no error, no block left."""

import os
import shutil
import signal
import tempfile
import unittest

from server import BACKENDS, QUICKSTART, TOO_LARGE_TO_GROW, Browser, Server

VALGRIND = ("valgrind", "--quiet", "--error-exitcode=99", "--leak-check=full", "--show-leak-kinds=all",
            "--errors-for-leak-kinds=all", "--fair-sched=try", "--track-fds=no")


def visit(server):
    with tempfile.NamedTemporaryFile() as jar:
        browser = Browser(server, jar.name)
        for route in ("/", "/set", "/set", "/read", "/unsafe", "/clear", "/set"):
            browser.body(route)
        browser.get("/nowhere")
        Browser(server).get("/read", "--cookie", "session=junk")
        Browser(server).get("/set", "--cookie", f"session={TOO_LARGE_TO_GROW}")


class Signals(unittest.TestCase):
    def test_plain(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number), Server(signal_number=number) as server:
                visit(server)

    def test_at_once(self):
        with Server():
            pass

    def test_under_valgrind(self):
        self.assertTrue(shutil.which("valgrind"), "valgrind is not installed")
        command = ("env", f"LD_PRELOAD={os.environ['USE_OPENSSL']}", *VALGRIND, QUICKSTART)
        for backend in BACKENDS:
            for number in (signal.SIGTERM, signal.SIGINT):
                with self.subTest(backend=backend, number=number):
                    with Server(backend, command=command, signal_number=number) as server:
                        visit(server)
                        visit(server)


if __name__ == "__main__":
    unittest.main()
