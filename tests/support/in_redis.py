"""in_redis.py tcp|unix|tls|acl COMMAND...: runs it with the URL of a Redis server of its own in the place of every {}, and
the path of a unix socket that is another way to it in that of every {socket}."""

import pathlib
import re
import subprocess
import sys
import tempfile

from certificates import Authority
from redis_server import RedisServer, free_port

HEADER = pathlib.Path(__file__).resolve().parents[2] / "include" / "sessions" / "backend.h"


def documented_permissions():
    """What the manual says that a user has to be permitted."""
    text = re.search(r"ACL SETUSER sessions (.*?)\n \*\n", HEADER.read_text(), flags=re.S).group(1)
    return text.replace("\n *", " ").replace("PASSWORD", "secret").split()


def server(mode, directory):
    """The server's arguments, and its URL."""
    port = free_port()
    if mode == "unix":
        return port, ["--port", "0"], f"redis+unix://{directory}/redis.sock?db=3"
    if mode == "tls":
        authority = Authority(f"{directory}/authority")
        arguments = authority.serve(port, authority.issue("server", "DNS:localhost"))
        return port, arguments, f"rediss://127.0.0.1:{port}?server_name=localhost&ca_file={authority.pem}"
    if mode == "acl":
        arguments = ["--user", "default", "off", "--user", "sessions", *documented_permissions()]
        return port, arguments, f"redis://sessions:secret@127.0.0.1:{port}"
    return port, [], f"redis://127.0.0.1:{port}"


def main(mode, *command):
    with tempfile.TemporaryDirectory() as directory:
        port, arguments, url = server(mode, directory)
        with RedisServer(directory, *arguments, port=port) as redis:
            words = [word.replace("{}", url).replace("{socket}", redis.socket_path) for word in command]
            return subprocess.run(words, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
