"""A real browser: headless Chromium, driven over WebDriver, loads /set three times and shows 2."""

import json
import re
import shutil
import subprocess
import tempfile
import unittest
import urllib.request

from server import Browser, Server

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")


class Chromium:
    """One browser process, for as long as the context lasts."""

    def __enter__(self):
        browser = shutil.which("chromium") or shutil.which("chromium-browser")
        driver = shutil.which("chromedriver")
        assert browser and driver, "chromium and chromedriver are not installed"
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.driver = subprocess.Popen([driver, "--port=0"], stdout=subprocess.PIPE, text=True)
        try:
            for line in self.driver.stdout:
                if match := re.search(r"started successfully on port (\d+)", line):
                    break
            self.url = f"http://127.0.0.1:{match[1]}/session"
            options = {"binary": browser, "args": [*FLAGS, f"--user-data-dir={self.profile.name}"]}
            answer = self.ask("POST", "", {"capabilities": {"alwaysMatch": {"goog:chromeOptions": options}}})
        except BaseException:
            self.end_driver()
            raise
        self.url += "/" + answer["sessionId"]
        return self

    def __exit__(self, *_):
        try:
            self.ask("DELETE", "")
        finally:
            self.end_driver()

    def end_driver(self):
        self.driver.terminate()
        self.driver.wait()
        self.driver.stdout.close()
        self.profile.cleanup()

    def ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=120) as answer:
            return json.load(answer)["value"]

    def show(self, url):
        """Loads a page and answers its JSON as the page shows it."""
        self.ask("POST", "/url", {"url": url})
        script = "return document.querySelector('pre').innerText"
        return json.loads(self.ask("POST", "/execute/sync", {"script": script, "args": []}))

    def cookies(self):
        return self.ask("GET", "/cookie")

    def forget_cookies(self):
        self.ask("DELETE", "/cookie")


class InABrowser(unittest.TestCase):
    def test_counting(self):
        with Chromium() as chromium:
            for backend in ("memory:", "signed-cookie:"):
                with self.subTest(backend), Server(backend) as server:
                    shown = [chromium.show(server.url + "/set")["counter"] for _ in range(3)]
                    self.assertEqual(shown, [None, 1, 2])
                    self.assertEqual(chromium.show(server.url + "/read"), {"counter": 3})
                    (cookie,) = chromium.cookies()
                    self.assertEqual(
                        {name: cookie[name] for name in ("name", "path", "httpOnly", "secure", "sameSite")},
                        {"name": "session", "path": "/", "httpOnly": True, "secure": False, "sameSite": "Lax"})

                    # The cookie is enough for another client, until whoever has it logs in.
                    held = "session=" + cookie["value"]
                    self.assertEqual(Browser(server).body("/read", "--cookie", held), '{"counter":3}')
                    self.assertEqual(chromium.show(server.url + "/login"), {"counter": 3})
                    self.assertEqual(chromium.show(server.url + "/unsafe"), {"counter": 3})
                    if backend == "memory:":
                        self.assertEqual(Browser(server).body("/read", "--cookie", held), "{}")
                    self.assertEqual(chromium.show(server.url + "/"), {"hello": "world"})
                    self.assertEqual(chromium.show(server.url + "/hit"), {"counter": 4})

                    # Clearing takes it from the browser.
                    self.assertEqual(chromium.show(server.url + "/clear"), {"counter": 4})
                    self.assertEqual(chromium.cookies(), [])
                    self.assertEqual(chromium.show(server.url + "/set"), {"counter": None})
                    chromium.forget_cookies()


if __name__ == "__main__":
    unittest.main()
