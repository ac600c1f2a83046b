"""A real browser: headless Chromium, driven over WebDriver."""

import json
import re
import shutil
import subprocess
import tempfile
import urllib.request

FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
         "--disable-background-networking", "--disable-component-update", "--disable-sync")


class Chromium:
    """One browser process, for as long as the context lasts."""

    def __enter__(self):
        browser = shutil.which("chromium") or shutil.which("chromium-browser")
        driver = shutil.which("chromedriver")
        assert browser and driver, "chromium and chromedriver are not installed"
        self.profile = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        try:
            self.url = f"http://127.0.0.1:{self.start_driver(driver)}/session"
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

    def start_driver(self, program):
        """Return its port. One that is free for IPv4 may be in use for IPv6: then it ends, and another is drawn."""
        for _ in range(5):
            self.driver = subprocess.Popen([program, "--port=0"], stdout=subprocess.PIPE, text=True)
            for line in self.driver.stdout:
                if match := re.search(r"started successfully on port (\d+)", line):
                    return match[1]
            self.driver.wait()
        raise RuntimeError("chromedriver finds no port")

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
        return self.show_any(url)[1]

    def show_any(self, url):
        """Likewise, behind the status."""
        self.ask("POST", "/url", {"url": url})
        return (self.run("return performance.getEntriesByType('navigation')[0].responseStatus"),
                json.loads(self.run("return document.querySelector('pre').innerText")))

    def run(self, script):
        return self.ask("POST", "/execute/sync", {"script": script, "args": []})

    def cookies(self):
        return self.ask("GET", "/cookie")

    def forget_cookies(self):
        self.ask("DELETE", "/cookie")
