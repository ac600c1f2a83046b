"""What the tests in this directory share: servers, and the library as its users have it."""

import contextlib
import pathlib
import signal
import sys
import tempfile
import threading
import unittest

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "support"))
from certificates import EXPIRED, Authority  # noqa: E402, F401
from libsessions import Failure, Manager, Session, status_of  # noqa: E402, F401
from redis_server import RedisServer, free_port  # noqa: E402, F401

signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # as hosts have it that are not written in Python
DURABLE = ("--appendonly", "yes", "--appendfsync", "always")


class RedisTest(unittest.TestCase):
    def setUp(self):
        self.context = contextlib.ExitStack()
        self.addCleanup(self.context.close)
        self.directory = pathlib.Path(self.context.enter_context(tempfile.TemporaryDirectory()))

    def server(self, *arguments, port=None):
        """One that has started, and ends with the test."""
        directory = pathlib.Path(tempfile.mkdtemp(dir=self.directory))
        return self.context.enter_context(RedisServer(directory, *arguments, port=port))

    def assert_fails(self, status, function, *arguments):
        """Answers the message."""
        with self.assertRaises(Failure) as caught:
            function(*arguments)
        self.assertEqual(caught.exception.status, status, caught.exception)
        return caught.exception.message


def url(server, credentials="", parameters=""):
    return f"redis://{credentials}127.0.0.1:{server.port}{parameters}"


def increment(manager, cookie, key="n"):
    session = manager.load(cookie).restored()
    session.increment(key)
    session.commit()


def at_once(count, work):
    """work(number) on so many threads; what they raise is raised here."""
    failures = []

    def run(number):
        try:
            work(number)
        except BaseException as failure:
            failures.append(failure)

    before = threading.stack_size(256 * 1024)
    threads = [threading.Thread(target=run, args=[number]) for number in range(count)]
    for thread in threads:
        thread.start()
    threading.stack_size(before)
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
