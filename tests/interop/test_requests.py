"""The driver answers every line, whatever it holds, and keeps nothing from one to the next."""

import json
import os
import pathlib
import unittest

import check

DRIVER = pathlib.Path(os.environ["SESSIONS_BUILD_DIR"], "tests/interop/sessions-interop-driver")
PLAIN = {"format": "starlette-sessions-cookie", "now": 1700000000}
SIGNED = {"format": "starlette-sessions-signed", "now": 1700000000, "secret": "one secret"}


class Requests(unittest.TestCase):
    def setUp(self):
        self.driver = check.Driver(DRIVER)

    def tearDown(self):
        self.assertEqual(self.driver.end(), (0, ""))

    def ask(self, request):
        return json.loads(self.driver.ask(request))

    def refused(self, request, kind):
        self.assertEqual(self.ask(request), {"ok": False, "error": kind}, request)

    def write(self, request, payload):
        return self.ask({"op": "write", **request, "payload": payload})["cookie"]

    def test_bad_requests(self):
        for line in ("", "{", "[]", "null", "{}x", '{"op":"read"', "\0", '{"op":1,"op":1}', '"' * 9, "[" * 100_000):
            with self.subTest(line[:20]):
                self.assertEqual(json.loads(self.driver.ask_line(line))["ok"], False)
        self.refused({}, "unsupported")
        self.refused({"op": "erase", **PLAIN}, "unsupported")
        self.refused({"op": "read", "format": "flask", "now": 1}, "unsupported")
        self.refused({"op": "read", "format": PLAIN["format"]}, "malformed")
        self.refused({"op": "write", **PLAIN}, "malformed")
        for payload in ([], "x", 1, None, True):
            self.refused({"op": "write", **PLAIN, "payload": payload}, "malformed")
        for key, value in (("now", "x"), ("header", 1), ("secret", 1), ("secrets", "x"), ("secrets", [1]),
                           ("cookie_name", "a;b"), ("params", 1), ("params", {"max_age": "x"}),
                           ("params", {"max_age": 0})):
            self.refused({"op": "read", "header": "", **SIGNED, key: value}, "malformed")
        self.refused({"op": "read", "format": SIGNED["format"], "now": 1, "header": ""}, "malformed")
        self.test_numbers_keep_their_digits()

    def test_numbers_keep_their_digits(self):
        payload = '{"a":%d,"b":1.50,"c":-0.0,"d":{"e":[1e2,12345678901234567890123456789]},"f":1e999}' % 2**64
        for request in (PLAIN, SIGNED):
            line = json.dumps({"op": "write", **request})[:-1] + f',"payload":{payload}}}'
            cookie = json.loads(self.driver.ask_line(line))["cookie"]
            read = self.driver.ask({"op": "read", **request, "header": f"session={cookie}"})
            self.assertEqual(check.payload_text(read).replace(" ", ""), payload)

    def test_line_breaks_in_a_payload_stay_out_of_the_answer(self):
        cookie = "eyJhIjogWzEsCiAyLA0KIDNdfQ=="
        self.assertEqual(self.ask({"op": "read", **PLAIN, "header": f"session={cookie}"}),
                         {"ok": True, "payload": {"a": [1, 2, 3]}})

    def test_secrets(self):
        cookie = self.write(SIGNED, {"a": 1})
        rotated = {**SIGNED, "secret": "", "secrets": ["another", "one secret"]}
        header = f"session={cookie}"
        self.assertEqual(self.ask({"op": "read", **rotated, "header": header})["payload"], {"a": 1})
        self.assertEqual(self.write({**rotated, "secrets": ["one secret", "another"]}, {"a": 1}), cookie)
        self.assertNotEqual(self.write(rotated, {"a": 1}), cookie)
        self.refused({"op": "read", **SIGNED, "secret": "another", "header": header}, "bad_signature")

    def test_time(self):
        header = "session=" + self.write({**SIGNED, "signed_at": 1600000000}, {"a": 1})
        read = {"op": "read", **SIGNED, "header": header}
        self.refused(read, "expired")
        self.refused({**read, "now": 1599999999}, "future")
        self.assertTrue(self.ask({**read, "params": {"max_age": None}})["ok"])
        self.assertTrue(self.ask({**read, "params": {"max_age": 100000000}})["ok"])
        self.refused({**read, "params": {"max_age": 99999999}}, "expired")

    def test_cookie_name(self):
        header = "session=x; sid=" + self.write({**SIGNED, "cookie_name": "sid"}, {"a": 1})
        self.assertTrue(self.ask({"op": "read", **SIGNED, "cookie_name": "sid", "header": header})["ok"])
        self.refused({"op": "read", **SIGNED, "cookie_name": "other", "header": header}, "missing")
        self.refused({"op": "read", **SIGNED}, "missing")

    def test_size_and_depth(self):
        self.refused({"op": "write", **PLAIN, "payload": {"a": "x" * 4096}}, "too_large")
        self.assertEqual(len(self.write(PLAIN, {"a": "x" * 2900})), 3880)
        deep = lambda levels: {"a": json.loads("[" * levels + "]" * levels)}
        self.refused({"op": "write", **PLAIN, "payload": deep(100)}, "too_large")
        self.refused({"op": "write", **PLAIN, "payload": deep(64)}, "too_large")
        self.write(PLAIN, deep(63))

    def test_empty_sessions_are_not_written(self):
        self.refused({"op": "write", **PLAIN, "payload": {}}, "unsupported")


if __name__ == "__main__":
    unittest.main()
