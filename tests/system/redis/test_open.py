"""Servers that cannot be used: opening says why in words, never with the password, and never hangs."""

import socket
import unittest

from world import EXPIRED, Authority, Manager, RedisTest, free_port, status_of, url

SECRET = "hunter2-unsayable"
OTHER_SECRET = "hunter3-unsayable"
SHORT = "?connect_timeout_ms=200"
USER = ("--user", "app", "on", f">{SECRET}", "~*", "+@all")


class Refused(RedisTest):
    def assert_refused(self, word, address, status="UNAVAILABLE"):
        message = self.assert_fails(status, Manager, address)
        self.assertIn(word, message)
        self.assertNotIn("unsayable", message)
        self.assertNotIn("nobody", message)


class Credentials(Refused):
    def test_users_and_passwords(self):
        server = self.server(*USER)
        Manager(url(server)).ping()
        Manager(url(server, f"app:{SECRET}@", "/3")).ping()
        self.assert_refused("password", url(server, f"app:{OTHER_SECRET}@"))
        self.assert_refused("password", url(server, f"nobody:{SECRET}@"))
        self.assert_refused("password", url(server, f"app:{SECRET}@", "/4711"))

    def test_a_password_alone(self):
        server = self.server("--requirepass", SECRET)
        Manager(url(server, f":{SECRET}@")).ping()
        self.assert_refused("password", url(server))
        self.assert_refused("password", url(server, f":{OTHER_SECRET}@"))

    def test_a_password_in_a_file(self):
        server = self.server(*USER)
        file = self.directory / "password"
        file.write_text(SECRET + "\n")
        Manager(url(server, "app@", f"?password_file={file}")).ping()
        file.write_text(OTHER_SECRET + "\n")
        self.assert_refused("password", url(server, "app@", f"?password_file={file}"))
        file.unlink()
        self.assert_fails("INVALID", Manager, url(server, "app@", f"?password_file={file}"))

    def test_a_user_without_scripts(self):
        server = self.server("--user", "app", "on", f">{SECRET}", "~*", "+@all", "-@scripting")
        self.assert_refused("scripts", url(server, f"app:{SECRET}@"), status="UNSUPPORTED")

    def test_a_user_whose_password_changes(self):
        server = self.server(*USER)
        manager = Manager(url(server, f"app:{SECRET}@"))
        cookie = manager.new(n=1)
        server.tell("ACL", "SETUSER", "app", "resetpass", f">{OTHER_SECRET}")
        server.tell("CLIENT", "KILL", "USER", "app")
        message = self.assert_fails("UNAVAILABLE", manager.load, cookie)
        self.assertIn("password", message)
        self.assertNotIn("unsayable", message)
        server.tell("ACL", "SETUSER", "app", "resetpass", f">{SECRET}")
        while (status := status_of(manager.load, cookie)) != "OK":
            self.assertEqual(status, "UNAVAILABLE")
        self.assertEqual(manager.read(cookie, "n"), 1)


class Nobody(Refused):
    def test_no_server(self):
        self.assert_refused("", f"redis://127.0.0.1:{free_port()}")
        self.assert_refused("", f"redis+unix://{self.directory}/none.sock")
        self.assert_refused("", "redis://sessions.invalid")

    def test_a_server_that_is_silent(self):
        with socket.create_server(("127.0.0.1", 0)) as silent:
            port = silent.getsockname()[1]
            self.assert_refused("", f"redis://127.0.0.1:{port}{SHORT}")
            self.assert_refused("", f"rediss://127.0.0.1:{port}{SHORT}")

    def test_a_server_with_too_many_connections(self):
        server = self.server(*USER, "--maxclients", "1")
        with server.connect() as client:
            client.tell("PING")
            self.assert_refused("maxclients", url(server))
            self.assert_refused("maxclients", url(server, f"app:{SECRET}@"))
            client.tell("CONFIG", "SET", "maxclients", "2")
            Manager(url(server)).ping()

    def test_a_server_that_is_stopped(self):
        server = self.server()
        server.pause()
        self.assert_refused("", url(server, parameters=SHORT))
        server.resume()
        Manager(url(server)).ping()


class Tls(Refused):
    def setUp(self):
        super().setUp()
        self.authority = Authority(self.directory / "authority")

    def tls_server(self, certificate, wants_client="no"):
        port = free_port()
        return self.server(*self.authority.serve(port, certificate, wants_client), port=port)

    def url(self, server, more="", host="127.0.0.1", authority=None):
        return f"rediss://{host}:{server.port}?ca_file={(authority or self.authority).pem}{more}"

    def test_the_right_server(self):
        server = self.tls_server(self.authority.issue("server", "DNS:localhost,IP:127.0.0.1"))
        manager = Manager(self.url(server))
        cookie = manager.new(n=1)
        self.assertEqual(Manager(self.url(server, host="localhost")).read(cookie, "n"), 1)
        server.tell("CLIENT", "KILL", "TYPE", "normal")
        self.assertEqual(manager.read(cookie, "n"), 1)

    def test_a_server_of_somebody_elses(self):
        server = self.tls_server(self.authority.issue("server", "IP:127.0.0.1"))
        stranger = Authority(self.directory / "stranger")
        self.assert_refused("certificate", self.url(server, authority=stranger))
        self.assert_refused("certificate", f"rediss://127.0.0.1:{server.port}")

    def test_a_certificate_that_is_too_old(self):
        server = self.tls_server(self.authority.issue("server", "IP:127.0.0.1", EXPIRED))
        self.assert_refused("expired", self.url(server))

    def test_a_certificate_of_another_host(self):
        server = self.tls_server(self.authority.issue("server", "DNS:redis.example"))
        self.assert_refused("certificate", self.url(server))
        self.assert_refused("certificate", self.url(server, "&server_name=other.example"))
        self.assert_refused("certificate", self.url(server, host="localhost"))
        Manager(self.url(server, "&server_name=redis.example")).ping()

    def test_clients_that_need_a_certificate(self):
        server = self.tls_server(self.authority.issue("server", "IP:127.0.0.1"), wants_client="yes")
        self.assert_refused("certificate", self.url(server))
        stranger = Authority(self.directory / "stranger")
        for issuer, is_good in ((self.authority, True), (stranger, False)):
            pem, key = issuer.issue("client", "DNS:client")
            address = self.url(server, f"&certificate_file={pem}&key_file={key}")
            if is_good:
                Manager(address).ping()
            else:
                self.assert_refused("certificate", address)

    def test_the_wrong_port(self):
        server = self.tls_server(self.authority.issue("server", "IP:127.0.0.1"))
        self.assert_refused("TLS", url(server))
        self.assert_refused("TLS", self.url(self.server()))

    def test_files_that_are_missing_or_senseless(self):
        server = self.tls_server(self.authority.issue("server", "IP:127.0.0.1"))
        for parameter in ("ca_file", "certificate_file", "key_file"):
            with self.subTest(parameter):
                self.assert_fails("INVALID", Manager, f"rediss://127.0.0.1:{server.port}?{parameter}=/nowhere")
                self.assert_fails("INVALID", Manager, url(server, parameters=f"?{parameter}={self.authority.pem}"))


if __name__ == "__main__":
    unittest.main()
