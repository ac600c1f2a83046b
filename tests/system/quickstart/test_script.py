"""quickstart.sh: what a newcomer starts on a fresh clone."""

import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from server import Browser, Server

SOURCE = pathlib.Path(os.environ["SESSIONS_SOURCE_DIR"])
SHIPPED = ("src", "include", "bindings", "CMakeLists.txt", "sessions.pc.in", "LICENSE", "README.md")


class FreshClone(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory(prefix="a clone ")
        self.addCleanup(directory.cleanup)
        self.clone = pathlib.Path(directory.name, "libsessions")
        self.clone.mkdir()
        for name in SHIPPED:
            copy = shutil.copytree if (SOURCE / name).is_dir() else shutil.copy
            copy(SOURCE / name, self.clone / name)
        self.command = ("sh", self.clone / "bindings/c/quickstart.sh")

    def counts(self, server):
        with tempfile.NamedTemporaryFile() as jar:
            browser = Browser(server, jar.name)
            self.assertEqual([browser.body("/set") for _ in range(3)],
                             ['{"counter":null}', '{"counter":1}', '{"counter":2}'])
            return pathlib.Path(jar.name).read_text()

    def test_builds_and_serves(self):
        shipped = sorted(os.listdir(self.clone))
        with Server(command=self.command) as server:
            self.counts(server)
        self.assertEqual(sorted(os.listdir(self.clone)), sorted([*shipped, "build"]))
        with Server("signed-cookie:", command=self.command) as server:
            self.assertGreater(len(self.counts(server).split()[-1]), 43)


class Missing(unittest.TestCase):
    """On a machine without cmake: the tools that the script may call are links in a directory of our own."""

    TOOLS = ("sh", "env", "dirname", "cc", "c++", "make", "pkg-config", "getconf", "mkdir", "cat")

    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.tools = pathlib.Path(directory.name)
        self.calls = self.tools / "calls"
        for name in self.TOOLS:
            (self.tools / name).symlink_to(shutil.which(name))
        self.script = self.tools / "bindings/c/quickstart.sh"
        self.script.parent.mkdir(parents=True)
        shutil.copy(SOURCE / "bindings/c/quickstart.sh", self.script)

    def stand_in(self, name, script):
        (self.tools / name).write_text(f'#!/bin/sh\n{script}\n')
        (self.tools / name).chmod(0o755)

    def run_script(self, user):
        self.stand_in("id", f"echo {user}")
        environment = {"PATH": str(self.tools)}
        return subprocess.run(["sh", self.script], env=environment, text=True, capture_output=True, timeout=60)

    def test_tells_what_to_install(self):
        for user in (0, 1000):
            with self.subTest(user):
                ended = self.run_script(user)
                self.assertEqual(ended.returncode, 1)
                self.assertIn("Please install what Debian calls cmake,", ended.stderr)

    def test_installs_as_root(self):
        self.stand_in("apt-get", f'echo "$DEBIAN_FRONTEND $*" >>{self.calls}; [ "$2" = update ]')
        self.assertNotEqual(self.run_script(0).returncode, 0)
        self.assertEqual(self.calls.read_text(),
                         " -qq update\nnoninteractive -qq install --no-install-recommends cmake\n")

    def test_installs_with_sudo(self):
        self.stand_in("apt-get", "exit 1")
        self.stand_in("sudo", f'echo "$*" >>{self.calls}; echo no network; exit 3')
        ended = self.run_script(1000)
        self.assertEqual(ended.returncode, 3)
        self.assertIn("no network\nFailed: sudo apt-get -qq update", ended.stderr)
        self.assertEqual(self.calls.read_text(), "apt-get -qq update\n")

    def test_needs_sudo(self):
        self.stand_in("apt-get", "exit 1")
        ended = self.run_script(1000)
        self.assertEqual(ended.returncode, 1)
        self.assertIn("Please install what Debian calls cmake,", ended.stderr)


if __name__ == "__main__":
    unittest.main()
