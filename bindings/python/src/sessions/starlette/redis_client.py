"""What a redis-py client connects to."""

from __future__ import annotations

import os
import re
import ssl
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode


class ClientSettings(NamedTuple):
    """A URL; the credentials, which stand in no URL; and how many seconds a call may wait."""

    url: str
    user: str | None
    password: str | None
    timeout: float | None


# Settings of commands, of pools, of retries and of names shown to operators are not the connection's, and ignored.
_REFUSED = ("credential_provider", "redis_connect_func", "socket_type", "ssl_ca_data", "ssl_ca_path", "ssl_password",
            "ssl_validate_ocsp", "ssl_validate_ocsp_stapled", "ssl_ocsp_context", "ssl_ocsp_expected_cert",
            "ssl_ciphers", "ssl_min_version", "ssl_include_verify_flags", "ssl_exclude_verify_flags")  # fmt: skip
# The bounds of the library's URLs and credentials.
_LONGEST_WAIT = 3600
_HOST = re.compile(r"[A-Za-z0-9._:-]{1,253}")
_MOST_DATABASES = 1_000_000
_MOST_SOCKET_PATH_BYTES = 107
_MOST_CREDENTIAL_BYTES = 4096


def settings_of(client: Any) -> ClientSettings:
    """Read the settings of a redis.Redis or redis.asyncio.Redis; TypeError when they cannot be taken over."""
    pool = getattr(client, "connection_pool", None)
    kind = getattr(pool, "connection_class", None)
    name = f"{kind.__module__}.{kind.__qualname__}" if isinstance(kind, type) else ""
    settings = getattr(pool, "connection_kwargs", {})
    for refused in _REFUSED:
        if settings.get(refused):
            raise _refusal(refused, "give url= instead")
    parameters: dict[str, Any] = {}
    if name in ("redis.connection.Connection", "redis.asyncio.connection.Connection"):
        url = _address("redis", settings)
    elif name in ("redis.connection.SSLConnection", "redis.asyncio.connection.SSLConnection"):
        _require_verification(settings)
        url = _address("rediss", settings)
        parameters |= _files(settings)
    elif name in (
        "redis.connection.UnixDomainSocketConnection",
        "redis.asyncio.connection.UnixDomainSocketConnection",
    ):
        url = f"redis+unix://{quote(_socket_path(settings))}"
        parameters["db"] = _database(settings)
    else:
        raise TypeError("redis is a redis-py client of one server, by TCP, TLS or a unix socket.")
    timeout = _seconds(settings, "socket_timeout")
    connect_timeout = _seconds(settings, "socket_connect_timeout") or timeout  # as redis-py has it
    if connect_timeout is not None:
        parameters["connect_timeout_ms"] = round(connect_timeout * 1000)
    if parameters:
        url += "?" + urlencode(parameters, quote_via=quote)
    user, password = _credential(settings, "username"), _credential(settings, "password")
    if user is not None and password is None:
        raise _refusal("username", "the library introduces itself with a password, or not at all")
    return ClientSettings(url, user, password, timeout)


def _refusal(name: str, why: str) -> TypeError:
    return TypeError(f"The client's {name} cannot be taken over: {why}.")


def _require_verification(settings: dict[str, Any]) -> None:
    """Refuse what would not notice another server; redis-py before 6 leaves the name unverified unless it is told to.

    A client that was made by from_url() says nothing of the name, and means no more than its default.
    """
    if settings.get("ssl_cert_reqs", "required") not in ("required", ssl.CERT_REQUIRED):
        raise TypeError('The library always verifies certificates: the client needs ssl_cert_reqs="required".')
    if not settings.get("ssl_check_hostname", True):
        raise TypeError("The library always verifies the server's name: the client needs ssl_check_hostname=True.")


def _seconds(settings: dict[str, Any], name: str) -> float | None:
    seconds: float | None = settings.get(name)
    if seconds is not None and not 0.001 <= seconds <= _LONGEST_WAIT:
        raise _refusal(name, f"it is not 0.001 to {_LONGEST_WAIT} seconds")
    return seconds


def _number(name: str, value: object, least: int, most: int) -> int:
    """Read a number, which redis-py takes as digits too."""
    text = str(value)
    if re.fullmatch("[0-9]{1,9}", text) is None or not least <= int(text) <= most:
        raise _refusal(name, f"it is no number from {least} to {most}")
    return int(text)


def _database(settings: dict[str, Any]) -> int:
    return _number("db", settings.get("db") or 0, 0, _MOST_DATABASES)


def _address(scheme: str, settings: dict[str, Any]) -> str:
    host = settings.get("host", "localhost")
    # Not the "%" of an address with a zone either: the library reads the host as it stands, and knows no zones.
    if not isinstance(host, str) or _HOST.fullmatch(host) is None:
        raise _refusal("host", 'it is neither a name of letters, digits, "." and "-", nor an address without a zone')
    if ":" in host:
        host = f"[{host}]"
    port = _number("port", settings.get("port", 6379), 1, 65_535)
    return f"{scheme}://{host}:{port}/{_database(settings)}"


def _path(name: str, value: Any) -> bytes:
    try:
        path = os.fsencode(value or "")
    except (TypeError, UnicodeEncodeError):
        path = b"\0"
    if b"\0" in path:
        raise _refusal(name, "it is no path")
    return path


def _socket_path(settings: dict[str, Any]) -> bytes:
    path = _path("unix_socket_path", settings.get("path"))
    if not path.startswith(b"/") or len(path) > _MOST_SOCKET_PATH_BYTES:
        raise _refusal("unix_socket_path", f"it is no absolute path of at most {_MOST_SOCKET_PATH_BYTES} bytes")
    return path


def _files(settings: dict[str, Any]) -> dict[str, bytes]:
    names = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
    authorities, certificate, key = (_path(name, settings.get(name)) for name in names)
    if key and not certificate:
        raise _refusal("ssl_keyfile", "there is no ssl_certfile")
    # One file may hold the certificate and its key.
    files = {"ca_file": authorities, "certificate_file": certificate, "key_file": key or certificate}
    return {name: path for name, path in files.items() if path}


def _credential(settings: dict[str, Any], name: str) -> str | None:
    text = settings.get(name) or None
    try:
        is_taken = text is None or len(text.encode()) <= _MOST_CREDENTIAL_BYTES
    except (AttributeError, UnicodeEncodeError):
        is_taken = False
    if not is_taken:
        raise _refusal(name, f"it is no text of at most {_MOST_CREDENTIAL_BYTES} bytes")
    return text
