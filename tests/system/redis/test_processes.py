"""One process and its connections: many threads after a restart, forks, and what connections leave behind."""

import os
import signal
import sys
import threading
import unittest

from world import Authority, DURABLE, Manager, RedisTest, at_once, free_port, increment, status_of, url

CALLERS = 1_000
MOST_CONNECTIONS = 4
LONGEST_SECONDS = 300


class Restarts(RedisTest):
    def test_a_thousand_threads_after_a_restart(self):
        server = self.server(*DURABLE)
        manager = Manager(url(server))
        cookies = [manager.new(owner=number, n=0) for number in range(CALLERS)]
        server.kill()
        server.start()

        def work(number):
            session = manager.load(cookies[number]).restored()
            assert session.get("owner") == number
            session.increment("n")
            session.commit()
            assert manager.read(cookies[number], "n") == 1

        at_once(CALLERS, work)
        self.assertLessEqual(server.number("stats", "total_connections_received") - 1, MOST_CONNECTIONS)

    def test_a_thousand_threads_that_waited_for_the_restart(self):
        server = self.server(*DURABLE)
        manager = Manager(url(server, parameters="?connections=2"))
        cookies = [manager.new(owner=number) for number in range(CALLERS)]
        server.kill()
        have_failed = threading.Barrier(CALLERS + 1, timeout=120)
        is_back = threading.Event()

        def work(number):
            if number == CALLERS:
                have_failed.wait()
                server.start()
                is_back.set()
                return
            assert status_of(manager.load, cookies[number]) == "UNAVAILABLE"
            have_failed.wait()
            assert is_back.wait(timeout=120)
            while (status := status_of(manager.read, cookies[number], "owner")) != "OK":
                assert status == "UNAVAILABLE", status
            assert manager.read(cookies[number], "owner") == number

        at_once(CALLERS + 1, work)
        self.assertLessEqual(server.number("stats", "total_connections_received") - 1, MOST_CONNECTIONS)


class Forks(RedisTest):
    def run_in_child(self, work):
        child = os.fork()
        if child == 0:
            signal.alarm(LONGEST_SECONDS)  # should it hang, it ends all the same
            status = 1
            try:
                work()
                status = 0
            except BaseException as failure:
                print(f"in the child: {failure!r}", file=sys.stderr)
            os._exit(status)
        return child

    def assert_ended_well(self, child):
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), 0)

    def count_on_both_sides(self, manager):
        cookie = manager.new(n=0)
        loaded = manager.load(cookie).restored()
        loaded.increment("n")

        def work():
            loaded.commit()
            for _ in range(200):
                increment(manager, cookie)

        child = self.run_in_child(work)
        work()
        self.assert_ended_well(child)
        self.assertEqual(manager.read(cookie, "n"), 402)

    def test_parent_and_child_go_on(self):
        server = self.server()
        self.count_on_both_sides(Manager(url(server)))

    def test_parent_and_child_go_on_over_tls(self):
        authority = Authority(self.directory / "authority")
        port = free_port()
        self.server(*authority.serve(port, authority.issue("server", "IP:127.0.0.1")), port=port)
        self.count_on_both_sides(Manager(f"rediss://127.0.0.1:{port}?ca_file={authority.pem}"))

    def test_forks_amidst_the_calls_of_other_threads(self):
        server = self.server()
        manager = Manager(url(server))
        cookies = [manager.new(n=0) for _ in range(4)]
        of_children = manager.new(n=0)
        counts = [0] * len(cookies)
        ends = threading.Event()
        children = []

        def fork_and_end():
            try:
                for _ in range(20):
                    children.append(self.run_in_child(lambda: increment(manager, of_children)))
            finally:
                ends.set()

        def work(number):
            if number == len(cookies):
                return fork_and_end()
            while not ends.is_set():
                increment(manager, cookies[number])
                counts[number] += 1

        at_once(len(cookies) + 1, work)
        for child in children:
            self.assert_ended_well(child)
        self.assertEqual([manager.read(cookie, "n") for cookie in cookies], counts)
        self.assertEqual(manager.read(of_children, "n"), 20)


class OpenFiles(RedisTest):
    def assert_grows_not(self, work):
        work()
        before = sorted(os.listdir("/proc/self/fd"))
        for _ in range(1_000):
            work()
        self.assertEqual(sorted(os.listdir("/proc/self/fd")), before)

    def test_a_thousand_reconnects(self):
        server = self.server()
        manager = Manager(url(server))
        cookie = manager.new(n=1)
        with server.connect() as client:

            def work():
                client.tell("CLIENT", "KILL", "TYPE", "normal")
                self.assertEqual(manager.read(cookie, "n"), 1)

            self.assert_grows_not(work)
        self.assertGreater(server.number("stats", "total_connections_received"), 1_000)

    def test_a_thousand_vain_tries(self):
        address = f"redis://127.0.0.1:{free_port()}"
        self.assert_grows_not(lambda: self.assert_fails("UNAVAILABLE", Manager, address))

    def test_a_thousand_backends(self):
        server = self.server()
        address = f"redis+unix://{server.socket_path}"
        self.assert_grows_not(lambda: Manager(address).ping())


if __name__ == "__main__":
    unittest.main()
