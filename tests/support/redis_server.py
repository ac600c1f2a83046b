"""A Redis server of a test's own, in a directory of its own."""

import socket
import subprocess


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class RedisServer:
    """Accepts commands when it is started; leaving the context kills it."""

    def __init__(self, directory, *arguments):
        self.command = ["redis-server", "--dir", str(directory), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1",
                        *arguments]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, text=True)
        for line in self.process.stdout:
            if "eady to accept connections" in line:
                return
        raise AssertionError(f"redis-server did not start: status {self.process.wait()}")

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()
