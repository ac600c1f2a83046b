"""When the store cannot be asked the answer is 503, and nothing tells the browser to forget or change its cookie."""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest

from server import QUICKSTART, Browser, Server

# Stands in for the library's function, in a shared library that is loaded first.
STAND_INS = {
    "load": """sessions_status sessions_manager_load(const sessions_manager *manager, const char *header, size_t length,
                                                     sessions_session **session, sessions_error **error) {
                 (void)manager, (void)header, (void)length;
                 *session = NULL;
                 *error = NULL;
                 return FAILURE;
               }
               sessions_status sessions_session_load_async(sessions_session *session, const char *header, size_t length,
                                                           sessions_queue *queue, sessions_done_fn done, void *user_data,
                                                           sessions_error **error) {
                 (void)session, (void)header, (void)length, (void)queue, (void)done, (void)user_data;
                 *error = NULL;
                 return FAILURE;
               }""",
    "commit": """sessions_status sessions_session_commit(sessions_session *session, sessions_error **error) {
                   (void)session;
                   *error = NULL;
                   return FAILURE;
                 }
                 sessions_status sessions_session_commit_async(sessions_session *session, sessions_queue *queue,
                                                               sessions_done_fn done, void *user_data,
                                                               sessions_error **error) {
                   (void)session, (void)queue, (void)done, (void)user_data;
                   *error = NULL;
                   return FAILURE;
                 }""",
}
EXPECTED = {"SESSIONS_E_UNAVAILABLE": 503, "SESSIONS_E_TIMEOUT": 503, "SESSIONS_E_UNKNOWN": 503,
            "SESSIONS_E_RANDOM": 503, "SESSIONS_E_NOMEM": 500, "SESSIONS_E_INTERNAL": 500, "SESSIONS_E_CALLBACK": 500}


class Outage(unittest.TestCase):
    def test_answers(self):
        with tempfile.TemporaryDirectory() as directory:
            for function, code in STAND_INS.items():
                for failure, expected in EXPECTED.items():
                    with self.subTest(function=function, failure=failure):
                        self.check_answer(pathlib.Path(directory), code.replace("FAILURE", failure), failure, expected)

    def check_answer(self, directory, code, failure, expected):
        source, library = directory / "stand_in.c", directory / "stand_in.so"
        source.write_text("#include <sessions.h>\n" + code)
        include = pathlib.Path(os.environ["SESSIONS_SOURCE_DIR"], "include")
        compiler = os.environ.get("CC", "cc")
        subprocess.run([compiler, "-shared", "-fPIC", f"-I{include}", "-o", library, source], check=True)
        with Server(command=("env", f"LD_PRELOAD={library}", QUICKSTART)) as server:
            for route in ("/set", "/read", "/clear"):
                status, headers, body = Browser(server).get(route, "--cookie", "session=" + "A" * 43)
                self.assertEqual((status, json.loads(body)), (expected, {"error": failure}))
                self.assertNotIn("set-cookie", dict(headers))


if __name__ == "__main__":
    unittest.main()
