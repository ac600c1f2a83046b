"""The signature that starlette-sessions puts around the content of a cookie: itsdangerous' TimestampSigner."""

from __future__ import annotations

import hashlib
import hmac
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode


def _encode(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")


class TimedSigner:
    """Signs bytes together with the time."""

    def __init__(self, secret_key: str) -> None:
        """Derive the key."""
        self._key = hashlib.sha1(b"itsdangerous.Signer" + b"signer" + secret_key.encode()).digest()

    def sign(self, content: bytes) -> bytes:
        """Return the content, the time and the signature of both."""
        now = int(time.time())
        dated = content + b"." + _encode(now.to_bytes((now.bit_length() + 7) // 8, "big"))
        return dated + b"." + self._signature(dated)

    def unsign(self, signed: bytes, max_age: int | None) -> bytes:
        """Return the content; ValueError when it was not signed with this key, or not in the last `max_age` seconds."""
        dated, _, signature = signed.rpartition(b".")
        if not hmac.compare_digest(signature, self._signature(dated)):
            raise ValueError("The signature does not fit.")
        content, _, when = dated.rpartition(b".")
        age = int(time.time()) - int.from_bytes(urlsafe_b64decode(when + b"=" * (-len(when) % 4)), "big")
        if max_age is not None and not 0 <= age <= max_age:
            raise ValueError("The signature is not of a time that counts.")
        return content

    def _signature(self, dated: bytes) -> bytes:
        return _encode(hmac.digest(self._key, dated, "sha1"))
