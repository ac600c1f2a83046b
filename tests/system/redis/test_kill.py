"""kill -9 of the server, again and again, while four processes of two threads write to sessions that they share. What
they were told is committed is there, once; what is unknown is there once or not."""

import collections
import random
import subprocess
import sys
import threading
import unittest

from world import DURABLE, Failure, Manager, RedisTest, at_once, url

KILLS = 30
PROCESSES = 4
THREADS = 2
SESSIONS = 4
KEYS = 16  # of each writer, a multiple of the sessions: each is in one of them
MOST_COMMITS = 80  # between two kills
TIMEOUT_MS = 5_000
NOT_WRITTEN = ("UNAVAILABLE", "TIMEOUT", "BUSY")


# ---- a writer ----


def commit_once(manager, cookie, writer, number):
    """One letter: acknowledged, unknown, or not written."""
    try:
        session = manager.load(cookie).restored()
        session.increment(f"count{writer}")
        session.increment("sum")
        session.set(f"key{writer}.{number % KEYS}", number)
    except Failure as failure:
        assert failure.status in NOT_WRITTEN, failure
        return "n"
    try:
        session.commit()
        return "a"
    except Failure as failure:
        assert failure.status in (*NOT_WRITTEN, "UNKNOWN"), failure
        return "u" if failure.status == "UNKNOWN" else "n"


def write_until_told(address, first, cookies):
    manager = Manager(address, TIMEOUT_MS)
    is_told = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), is_told.set())).start()

    def write(index):
        number = 0
        while not is_told.is_set():
            number += 1
            done = commit_once(manager, cookies[number % SESSIONS], first + index, number)
            if done != "n":
                sys.stdout.write(f"{done} {first + index} {number}\n")
                sys.stdout.flush()

    at_once(THREADS, write)


# ---- the one who kills ----


class Ledger:
    """What the writers said."""

    def __init__(self):
        self.changed = threading.Condition()
        self.counts = collections.Counter()  # by letter, writer and session
        self.last = collections.Counter()  # of each writer
        self.numbers = collections.defaultdict(list)  # of each key: the last that was acknowledged, then unknown ones

    def read(self, lines):
        for line in lines:
            done, writer, number = line[0], *map(int, line[1:].split())
            with self.changed:
                self.counts[done] += 1
                self.last[writer] = number
                self.counts[done, writer, number % SESSIONS] += 1
                key = f"key{writer}.{number % KEYS}"
                self.numbers[key] = [number] if done == "a" else self.numbers[key] + [number]
                self.changed.notify()

    def await_commits(self, count, writers=()):
        """So many more of all, and one of each of these writers."""
        with self.changed:
            until = self.counts["a"] + count
            assert self.changed.wait_for(
                lambda: self.counts["a"] >= until and all(self.last[writer] for writer in writers), timeout=120
            ), "nobody commits any more"


class Killed(RedisTest):
    def test_nothing_that_was_acknowledged_is_lost_or_doubled(self):
        server = self.server(*DURABLE)
        cookies = [Manager(url(server)).new(sum=0) for _ in range(SESSIONS)]
        ledger = Ledger()
        command = [sys.executable, __file__, url(server)]
        writers = [
            subprocess.Popen([*command, str(i * THREADS), *cookies], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for i in range(PROCESSES)
        ]
        readers = [threading.Thread(target=ledger.read, args=[writer.stdout]) for writer in writers]
        try:
            for reader in readers:
                reader.start()
            ledger.await_commits(0, range(PROCESSES * THREADS))
            for _ in range(KILLS):
                ledger.await_commits(random.randrange(1, MOST_COMMITS))
                server.kill()
                server.start()
            ledger.await_commits(PROCESSES * THREADS)
        finally:
            for writer, reader in zip(writers, readers):
                writer.stdin.close()
                reader.join()
                writer.stdout.close()
                writer.wait()
        self.assertEqual([writer.returncode for writer in writers], [0] * PROCESSES)
        print(f"{KILLS} kills, {ledger.counts['a']} commits acknowledged, {ledger.counts['u']} unknown", file=sys.stderr)
        self.check(Manager(url(server)), cookies, ledger)

    def check(self, manager, cookies, ledger):
        for place, cookie in enumerate(cookies):
            session = manager.load(cookie).restored()
            total = 0
            for writer in range(PROCESSES * THREADS):
                acknowledged, unknown = (ledger.counts[done, writer, place] for done in "au")
                self.assertGreater(acknowledged, 0)
                count = session.get(f"count{writer}")
                self.assertGreaterEqual(count, acknowledged, "lost")
                self.assertLessEqual(count, acknowledged + unknown, "doubled")
                total += count
            self.assertEqual(session.get("sum"), total)
        for key, numbers in ledger.numbers.items():
            number = manager.read(cookies[numbers[-1] % SESSIONS], key)
            self.assertIn(number, numbers)


if __name__ == "__main__":
    if len(sys.argv) > 2:
        write_until_told(sys.argv[1], int(sys.argv[2]), sys.argv[3:])
    else:
        unittest.main()
