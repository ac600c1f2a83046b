"""A Redis server of a test's own, in a directory of its own."""

import os
import random
import signal
import socket
import subprocess
import threading


def free_port():
    """Below the ports that connections get: somebody's would be in the way of a server that comes back."""
    while True:
        with socket.socket() as listener:
            port = random.randrange(10_000, 32_000)
            try:
                listener.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class RedisServer:
    """Listens on a port and on a unix socket. Accepts commands when it is started; leaving the context kills it."""

    def __init__(self, directory, *arguments, port=None):
        self.port = port or free_port()
        self.directory = directory
        self.socket_path = f"{directory}/redis.sock"
        program = os.environ.get("SESSIONS_REDIS_SERVER", "redis-server")  # another one than the system's
        self.command = [program, "--dir", str(directory), "--save", "", "--appendonly", "no", "--bind", "127.0.0.1",
                        "--port", str(self.port), "--unixsocket", self.socket_path, *arguments]
        self.process = None
        self.log = []

    def spawn(self, *arguments):
        """Starts it, without waiting until it is ready."""
        self.process = subprocess.Popen([*self.command, *arguments], stdout=subprocess.PIPE, text=True)

    def await_log(self, words):
        for line in self.process.stdout:
            self.log.append(line)
            if words in line:
                return
        raise AssertionError(f"redis-server ended: status {self.process.wait()}\n{''.join(self.log[-20:])}")

    def start(self, *arguments):
        self.spawn(*arguments)
        self.await_ready()

    def await_ready(self):
        self.await_log("eady to accept connections")
        self.reader = threading.Thread(target=self.log.extend, args=[self.process.stdout])
        self.reader.start()

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.reader.join()
        self.process.stdout.close()

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def connect(self):
        return Client(self.socket_path)

    def tell(self, *words):
        with self.connect() as client:
            return client.tell(*words)

    def number(self, section, name):
        """One of the numbers that INFO gives."""
        for line in self.tell("INFO", section).splitlines():
            if line.startswith(name + ":"):
                return int(line.removeprefix(name + ":"))
        raise AssertionError(f"INFO {section} has no {name}")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.kill()


class Client:
    """Says what it is told to, past the library."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.replies = self.socket.makefile("rb")

    def send(self, *words):
        encoded = [str(word).encode() for word in words]
        self.socket.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded))

    def receive(self):
        line = self.replies.readline()
        kind, rest = line[:1], line[1:-2].decode()
        if kind == b"$":
            return self.replies.read(int(rest) + 2)[:-2].decode() if int(rest) >= 0 else None
        if kind == b"*":
            return [self.receive() for _ in range(int(rest))]
        return int(rest) if kind == b":" else rest

    def tell(self, *words):
        self.send(*words)
        return self.receive()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.replies.close()
        self.socket.close()
