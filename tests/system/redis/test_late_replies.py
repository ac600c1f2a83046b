"""Servers that stop answering for a while, under callers that do not wait for long: a call that was given up leaves a
reply behind, and that must never be another's. Each session says whose it is, and each read looks."""

import random
import socket
import sys
import threading
import unittest

from world import Authority, Failure, Manager, RedisTest, at_once, free_port, url

NOT_WRITTEN = ("UNAVAILABLE", "TIMEOUT", "BUSY")


class Owner:
    """One session and who writes to it. Raises what only a foreign reply, or a lost or doubled commit, can explain."""

    def __init__(self, manager, number, cookie):
        self.manager = manager
        self.number = number
        self.cookie = cookie
        self.acknowledged = 0
        self.unknown = 0
        self.failed = 0

    def check(self, session):
        session.restored()
        assert session.get("owner") == self.number, f"{self.number} got the session of {session.get('owner')}"
        count = session.get("n")
        assert self.acknowledged <= count <= self.acknowledged + self.unknown, (count, self.acknowledged, self.unknown)

    def try_to_count(self, timeout_ms):
        try:
            session = self.manager.load(self.cookie)
        except Failure as failure:
            assert failure.status in NOT_WRITTEN, failure
            self.failed += 1
            return
        self.check(session)
        session.increment("n")
        session.set_timeout(timeout_ms)
        try:
            session.commit()
            self.acknowledged += 1
        except Failure as failure:
            assert failure.status in (*NOT_WRITTEN, "UNKNOWN"), failure
            self.unknown += failure.status == "UNKNOWN"
            self.failed += 1


class SlowProxy:
    """Between the library and a server. Holds back what the server says in the middle of a reply, until it is told to go
    on."""

    def __init__(self, port):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.server = ("127.0.0.1", port)
        self.is_open = threading.Event()
        self.is_open.set()
        self.sockets = []
        self.threads = [threading.Thread(target=self.accept)]
        self.threads[0].start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            server = socket.create_connection(self.server)
            self.sockets += [client, server]
            for source, sink, is_answer in ((client, server, False), (server, client, True)):
                thread = threading.Thread(target=self.forward, args=[source, sink, is_answer])
                self.threads.append(thread)
                thread.start()

    def forward(self, source, sink, is_answer):
        try:
            while some := source.recv(random.randrange(1, 300) if is_answer else 4096):
                if is_answer:
                    self.is_open.wait()
                sink.sendall(some, socket.MSG_NOSIGNAL)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    def hold(self):
        self.is_open.clear()

    def go_on(self):
        self.is_open.set()

    def close(self):
        self.go_on()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.threads[0].join()
        for one in self.sockets:
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        for thread in self.threads:
            thread.join()
        for one in (self.listener, *self.sockets):
            one.close()


class LateReplies(RedisTest):
    def hammer(self, server, manager, hold, go_on=None, owners=32, rounds=40, timeouts_ms=range(1, 20)):
        """hold() and go_on() in turn, each when callers have felt the one before. Answers how many were not told."""
        patient = Manager(f"redis+unix://{server.socket_path}")
        everybody = [Owner(manager, number, patient.new(owner=number, n=0)) for number in range(owners)]
        ends = threading.Event()

        def work(number):
            try:
                while not ends.is_set():
                    everybody[number].try_to_count(random.choice(timeouts_ms))
            finally:
                ends.set()

        def await_more(name, count):
            until = sum(getattr(owner, name) for owner in everybody) + count
            while sum(getattr(owner, name) for owner in everybody) < until and not ends.is_set():
                pass

        def conduct():
            try:
                for _ in range(rounds):
                    await_more("acknowledged", owners)
                    hold()
                    if go_on is not None:
                        await_more("failed", random.randrange(1, 2 * owners))
                        go_on()
            finally:
                ends.set()
                if go_on is not None:
                    go_on()

        at_once(owners + 1, lambda number: conduct() if number == owners else work(number))
        acknowledged, unknown, failed = (
            sum(getattr(owner, name) for owner in everybody) for name in ("acknowledged", "unknown", "failed"))
        print(f"{acknowledged} acknowledged, {unknown} unknown, {failed} failed", file=sys.stderr)
        for owner in everybody:
            owner.check(patient.load(owner.cookie))
        return unknown

    def test_a_server_that_is_stopped(self):
        server = self.server()
        manager = Manager(url(server), timeout_ms=20)
        self.assertGreater(self.hammer(server, manager, server.pause, server.resume), 0)

    def test_connections_that_break(self):
        authority = Authority(self.directory / "authority")
        port = free_port()
        certificate = authority.issue("server", "IP:127.0.0.1")
        server = self.server(*authority.serve(port, certificate))
        with server.connect() as client:

            def cut():
                client.tell("CLIENT", "KILL", "TYPE", "normal")

            for address in (f"redis+unix://{server.socket_path}?connections=2",
                            f"rediss://127.0.0.1:{port}?connections=2&ca_file={authority.pem}"):
                with self.subTest(address):
                    self.assertEqual(self.hammer(server, Manager(address), cut, rounds=100, timeouts_ms=[60_000]), 0)

    def test_each_call_ends_with_its_status(self):
        server = self.server()
        manager = Manager(url(server), timeout_ms=50)
        cookie = manager.new(n=1)
        session = manager.load(cookie).restored()
        session.increment("n")
        server.pause()
        self.assert_fails("TIMEOUT", manager.load, cookie)
        self.assert_fails("UNKNOWN", session.commit)
        self.assert_fails("TIMEOUT", manager.ping)
        server.resume()
        self.assertIn(Manager(url(server)).read(cookie, "n"), (1, 2))

    def test_a_proxy_that_holds_back_replies(self):
        server = self.server()
        for connections in (1, 3):
            with self.subTest(connections=connections):
                proxy = SlowProxy(server.port)
                try:
                    manager = Manager(f"redis://127.0.0.1:{proxy.port}?connections={connections}", timeout_ms=20)
                    self.assertGreater(self.hammer(server, manager, proxy.hold, proxy.go_on, owners=64, rounds=12), 0)
                finally:
                    manager = None
                    proxy.close()


if __name__ == "__main__":
    unittest.main()
