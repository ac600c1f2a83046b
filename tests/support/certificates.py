"""Authorities and certificates of a test's own, made by the program openssl."""

import pathlib
import subprocess

CONFIGURATION = """
[ca]
default_ca = here
[here]
database = {directory}/index
new_certs_dir = {directory}
rand_serial = yes
default_md = sha256
copy_extensions = copy
policy = names
[names]
commonName = supplied
"""
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
TODAY = ("-days", "2")
EXPIRED = ("-startdate", "20200101000000Z", "-enddate", "20200102000000Z")


def openssl(*words):
    subprocess.run(["openssl", *words], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


class Authority:
    """Its certificate is `pem`; all files are in a directory of its own, which it makes."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir()
        (self.directory / "index").touch()
        (self.directory / "configuration").write_text(CONFIGURATION.format(directory=directory))
        self.pem = f"{directory}/ca.pem"
        openssl("req", "-x509", *KEY, *TODAY, "-subj", "/CN=authority", "-keyout", f"{directory}/ca.key", "-out", self.pem)

    def issue(self, name, names, valid=TODAY):
        """A certificate for names such as "DNS:localhost,IP:127.0.0.1": the files with it and with its key."""
        request, pem, key = (f"{self.directory}/{name}.{kind}" for kind in ("csr", "pem", "key"))
        openssl("req", *KEY, "-subj", f"/CN={name}", "-addext", f"subjectAltName={names}", "-addext",
                "basicConstraints=critical,CA:FALSE", "-keyout", key, "-out", request)
        openssl("ca", "-batch", "-notext", "-config", f"{self.directory}/configuration", "-cert", self.pem, "-keyfile",
                f"{self.directory}/ca.key", *valid, "-in", request, "-out", pem)
        return pem, key

    def serve(self, port, certificate, wants_client="no"):
        """The arguments of a Redis server with a certificate of this authority."""
        pem, key = certificate
        return ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", wants_client, "--tls-cert-file", pem,
                "--tls-key-file", key, "--tls-ca-cert-file", self.pem]
