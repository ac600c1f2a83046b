"""Every vector in tests/golden/vectors, and the kinds of refusal that cookies of a known framework must give."""

import json
import os
import pathlib
import unittest

import check

SOURCE = pathlib.Path(os.environ["SESSIONS_SOURCE_DIR"])
DRIVER = pathlib.Path(os.environ["SESSIONS_BUILD_DIR"], "tests/interop/sessions-interop-driver")
VECTORS = sorted((SOURCE / "tests/golden/vectors").glob("*.json"))


class Vectors(unittest.TestCase):
    def test_all(self):
        self.assertTrue(VECTORS)
        for path in VECTORS:
            with self.subTest(path.name):
                driver = check.Driver(DRIVER)
                passed, failures = check.check_file(driver, path)
                self.assertEqual(driver.end(), (0, ""))
                self.assertEqual(failures, [])
                vectors = json.loads(path.read_text(encoding="utf-8"))["vectors"]
                self.assertEqual(passed, len(vectors) + sum("write" in vector for vector in vectors))


if __name__ == "__main__":
    unittest.main()
