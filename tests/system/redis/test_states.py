"""Servers that do not do what they are asked: what the call says, that nothing is lost, and that it goes on afterwards."""

import pathlib
import threading
import unittest

from world import DURABLE, Manager, RedisTest, Session, increment, status_of, url

LARGE = "x" * 30_000


class Memory(RedisTest):
    def test_a_server_without_memory(self):
        server = self.server("--maxmemory", "5mb", "--maxmemory-policy", "noeviction")
        manager = Manager(url(server))
        cookies = []

        def store():
            session = manager.load()
            session.set("number", len(cookies))
            session.set_text("large", LARGE)
            session.commit()
            cookies.append(session.cookie())

        while (status := status_of(store)) == "OK":
            self.assertLess(len(cookies), 1_000)
        self.assertEqual(status, "FULL")
        self.assertGreater(len(cookies), 2)
        for number, cookie in enumerate(cookies):
            self.assertEqual(manager.read(cookie, "number"), number)

        server.tell("CONFIG", "SET", "maxmemory", "2mb")  # what connections take comes and goes
        grows = manager.load(cookies[0])
        grows.set_text("more", LARGE)
        self.assertIn("maxmemory", self.assert_fails("FULL", grows.commit))
        self.assertEqual(manager.read(cookies[0], "number"), 0)
        self.assert_fails("NOT_FOUND", manager.read, cookies[0], "more")

        ended = manager.load(cookies[1]).restored()
        ended.destroy()
        self.assertEqual(ended.outcome(), Session.DESTROYED)
        self.assertEqual(manager.load(cookies[1]).origin(), Session.UNKNOWN)
        self.assertEqual(status_of(store), "FULL")
        server.tell("CONFIG", "SET", "maxmemory", "10mb")
        grows.commit()
        manager.read(cookies[0], "number")
        store()

    def test_policies_that_take_sessions_are_warned_of(self):
        server = self.server("--maxmemory", "100mb")
        for policy in ("noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-ttl"):
            with self.subTest(policy):
                server.tell("CONFIG", "SET", "maxmemory-policy", policy)
                found = [warning for warning in Manager(url(server)).warnings if "maxmemory-policy" in warning]
                self.assertEqual(len(found), 0 if policy == "noeviction" else 1)
                self.assertTrue(all(policy in warning for warning in found))


class Busy(RedisTest):
    def test_a_server_that_runs_somebodys_script(self):
        server = self.server("--lua-time-limit", "1")
        manager = Manager(url(server), timeout_ms=10_000)
        cookie = manager.new(n=1)
        session = manager.load(cookie).restored()
        session.increment("n")
        with server.connect() as other:
            other.send("EVAL", "while true do end", 0)
            while server.tell("PING") == "PONG":
                pass
            self.assertIn("script", self.assert_fails("BUSY", manager.load, cookie))
            self.assert_fails("BUSY", session.commit)
            self.assert_fails("BUSY", session.destroy)
            self.assert_fails("BUSY", manager.ping)
            self.assertIn("script", self.assert_fails("UNAVAILABLE", Manager, url(server)))
            self.assertEqual(server.tell("SCRIPT", "KILL"), "OK")
            self.assertIn("killed", other.receive())
        self.assertEqual(manager.read(cookie, "n"), 1)
        session.commit()
        self.assertEqual(manager.read(cookie, "n"), 2)

    def test_scripts_that_the_server_has_forgotten(self):
        server = self.server()
        manager = Manager(url(server))
        cookie = manager.new(n=0)
        for count in range(1, 11):
            server.tell("SCRIPT", "FLUSH")
            increment(manager, cookie)
            self.assertEqual(manager.read(cookie, "n"), count)


class Loading(RedisTest):
    def test_a_server_that_reads_its_data(self):
        server = self.server(*DURABLE)
        manager = Manager(url(server))
        cookie = manager.new(n=1)
        for _ in range(500):
            manager.new(n=0)
        server.tell("BGREWRITEAOF")  # what is read with delays is an RDB file
        while server.number("persistence", "aof_rewrite_in_progress") or server.number(
                "persistence", "aof_rewrite_scheduled"):
            pass
        server.kill()
        server.spawn("--key-load-delay", "4000", "--loading-process-events-interval-bytes", "1024")
        server.await_log("Reading RDB base file on AOF loading")
        self.assertIn("loading", self.assert_fails("UNAVAILABLE", Manager, url(server)))
        loading = set()
        while (status := status_of(manager.load, cookie)) != "OK":
            loading.add(status)
        server.await_ready()
        self.assertEqual(loading, {"UNAVAILABLE"})
        increment(manager, cookie)
        self.assertEqual(manager.read(cookie, "n"), 2)


class Disk(RedisTest):
    def test_a_server_that_cannot_save_is_read(self):
        server = self.server("--save", "3600", "1000")
        pathlib.Path(server.directory, "dump.rdb").mkdir()
        manager = Manager(url(server))
        cookie = manager.new(n=1)
        session = manager.load(cookie).restored()
        session.increment("n")
        server.tell("BGSAVE")
        while "rdb_last_bgsave_status:ok" in server.tell("INFO", "persistence"):
            pass
        self.assertIn("disk", self.assert_fails("UNAVAILABLE", session.commit))
        self.assertEqual(manager.read(cookie, "n"), 1)
        server.tell("CLIENT", "KILL", "TYPE", "normal")
        self.assertEqual(manager.read(cookie, "n"), 1)
        self.assertEqual(Manager(url(server)).read(cookie, "n"), 1)
        server.tell("CONFIG", "SET", "stop-writes-on-bgsave-error", "no")
        session.commit()
        self.assertEqual(manager.read(cookie, "n"), 2)


class Replicas(RedisTest):
    def replica_of(self, server):
        replica = self.server("--replicaof", "127.0.0.1", str(server.port))
        while "master_link_status:up" not in replica.tell("INFO", "replication"):
            pass
        return replica

    def test_a_replica_takes_no_writes_until_it_is_the_master(self):
        server = self.server("--repl-diskless-sync-delay", "0")
        cookie = Manager(url(server)).new(n=1)
        replica = self.replica_of(server)
        manager = Manager(url(replica))
        session = manager.load(cookie).restored()
        self.assertEqual(session.get("n"), 1)
        session.increment("n")
        self.assertIn("replica", self.assert_fails("READ_ONLY", session.commit))
        self.assert_fails("READ_ONLY", session.regenerate)
        self.assert_fails("READ_ONLY", manager.load(cookie).destroy)
        self.assert_fails("READ_ONLY", lambda: manager.new(n=1))
        self.assertEqual(manager.read(cookie, "n"), 1)
        replica.tell("REPLICAOF", "NO", "ONE")
        session.commit()
        self.assertEqual(manager.read(cookie, "n"), 2)

    def test_logouts_and_new_ids_that_no_replica_confirms_are_degraded(self):
        server = self.server("--repl-diskless-sync-delay", "0")
        replica = self.replica_of(server)
        confirming = Manager(url(server, parameters="?wait_for_replica_ms=10000"))
        hasty = Manager(url(server, parameters="?wait_for_replica_ms=50"))
        not_told = Manager(url(server))

        def ended(manager, how):
            session = manager.load(manager.new(n=1)).restored()
            how(session)
            return session.is_degraded()

        for how, outcome in ((Session.destroy, Session.DESTROYED), (Session.regenerate, Session.REGENERATED)):
            with self.subTest(outcome=outcome):
                self.assertFalse(ended(confirming, how))
                replica.pause()
                self.assertTrue(ended(hasty, how))
                self.assertFalse(ended(not_told, how))
                replica.resume()
                self.assertFalse(ended(confirming, how))
        cookie = confirming.new(n=1)
        confirming.load(cookie).restored().destroy()
        self.assertEqual(Manager(url(replica)).load(cookie).origin(), Session.UNKNOWN)
        replica.kill()
        self.assertTrue(ended(hasty, Session.destroy))

    def test_waiting_for_a_replica_holds_nobody_else_up(self):
        server = self.server("--repl-diskless-sync-delay", "0")
        replica = self.replica_of(server)
        manager = Manager(url(server, parameters="?wait_for_replica_ms=60000"))
        cookie = manager.new(n=1)
        session = manager.load(manager.new(n=1)).restored()
        replica.pause()
        logout = threading.Thread(target=session.destroy)
        logout.start()
        while "cmd=wait" not in server.tell("CLIENT", "LIST"):
            pass
        for _ in range(100):
            increment(manager, cookie)
        self.assertTrue(logout.is_alive())
        replica.resume()
        logout.join()
        self.assertFalse(session.is_degraded())


if __name__ == "__main__":
    unittest.main()
