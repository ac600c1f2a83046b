"""What a Cookie header costs grows with its length, and no faster: instructions are counted, not time."""

import os
import re
import shutil
import subprocess
import unittest

PROGRAM = os.path.join(os.environ["SESSIONS_BUILD_DIR"], "tests/system/system_read_header")


def instructions(kind, pairs):
    command = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", PROGRAM, kind, str(pairs)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return int(re.search(r"Collected : (\d+)", done.stderr)[1])


class LinearTime(unittest.TestCase):
    def test_headers(self):
        self.assertTrue(shutil.which("valgrind"), "valgrind is not installed")
        for kind in ("semicolons", "tiny", "candidates", "spaces", "equals"):
            with self.subTest(kind):
                none, some, many = (instructions(kind, pairs) for pairs in (0, 2_000, 16_000))
                self.assertLess(many - none, 1.5 * 8 * max(some - none, 2_000))


if __name__ == "__main__":
    unittest.main()
