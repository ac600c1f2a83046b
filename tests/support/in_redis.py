"""in_redis.py tcp|unix|tls|acl COMMAND...: runs it with the URL of a Redis server of its own in the place of every {}."""

import pathlib
import re
import subprocess
import sys
import tempfile

from redis_server import RedisServer, free_port

HEADER = pathlib.Path(__file__).resolve().parents[2] / "include" / "sessions" / "backend.h"


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_certificates(directory):
    """An authority, and a certificate of localhost that it has signed."""
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2"]
    openssl("req", "-x509", *key, "-subj", "/CN=authority", "-keyout", f"{directory}/ca.key", "-out", f"{directory}/ca.pem")
    openssl("req", "-x509", *key, "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-addext",
            "basicConstraints=critical,CA:FALSE", "-CA", f"{directory}/ca.pem", "-CAkey", f"{directory}/ca.key",
            "-keyout", f"{directory}/server.key", "-out", f"{directory}/server.pem")


def documented_permissions():
    """What the manual says that a user has to be permitted."""
    text = re.search(r"ACL SETUSER sessions (.*?)\n \*\n", HEADER.read_text(), flags=re.S).group(1)
    return text.replace("\n *", " ").replace("PASSWORD", "secret").split()


def server(mode, directory):
    """The server's arguments, and its URL."""
    port = free_port()
    arguments = ["--port", str(port)]
    url = f"redis://127.0.0.1:{port}"
    if mode == "unix":
        arguments = ["--port", "0", "--unixsocket", f"{directory}/redis.sock"]
        url = f"redis+unix://{directory}/redis.sock?db=3"
    elif mode == "tls":
        make_certificates(directory)
        arguments = ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no", "--tls-cert-file",
                     f"{directory}/server.pem", "--tls-key-file", f"{directory}/server.key", "--tls-ca-cert-file",
                     f"{directory}/ca.pem"]
        url = f"rediss://127.0.0.1:{port}?server_name=localhost&ca_file={directory}/ca.pem"
    elif mode == "acl":
        arguments += ["--user", "default", "off", "--user", "sessions", *documented_permissions()]
        url = f"redis://sessions:secret@127.0.0.1:{port}"
    return arguments, url


def main(mode, *command):
    with tempfile.TemporaryDirectory() as directory:
        arguments, url = server(mode, directory)
        with RedisServer(directory, *arguments):
            return subprocess.run([word.replace("{}", url) for word in command], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
