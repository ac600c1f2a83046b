"""What a redis-py client connects to."""

from __future__ import annotations

import ssl
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode


class ClientSettings(NamedTuple):
    """A URL; the credentials, which stand in no URL; and how many seconds a call may wait."""

    url: str
    user: str | None
    password: str | None
    timeout: float | None


_FILES = {"ssl_ca_certs": "ca_file", "ssl_certfile": "certificate_file", "ssl_keyfile": "key_file"}
# Settings of commands, of pools, of retries and of names shown to operators are not the connection's, and ignored.
_REFUSED = ("credential_provider", "redis_connect_func", "socket_type", "ssl_ca_data", "ssl_ca_path", "ssl_password",
            "ssl_validate_ocsp", "ssl_validate_ocsp_stapled", "ssl_ocsp_context", "ssl_ocsp_expected_cert",
            "ssl_ciphers", "ssl_min_version", "ssl_include_verify_flags", "ssl_exclude_verify_flags")  # fmt: skip
_LONGEST_WAIT = 3600


def settings_of(client: Any) -> ClientSettings:
    """Read the settings of a redis.Redis or redis.asyncio.Redis; TypeError when they cannot be taken over."""
    pool = getattr(client, "connection_pool", None)
    kind = getattr(pool, "connection_class", None)
    name = f"{kind.__module__}.{kind.__qualname__}" if isinstance(kind, type) else ""
    settings = getattr(pool, "connection_kwargs", {})
    for refused in _REFUSED:
        if settings.get(refused):
            raise TypeError(f"The client's {refused} cannot be taken over: give url= instead.")
    parameters: dict[str, Any] = {}
    if name in ("redis.connection.Connection", "redis.asyncio.connection.Connection"):
        url = _address("redis", settings)
    elif name in ("redis.connection.SSLConnection", "redis.asyncio.connection.SSLConnection"):
        _require_verification(settings)
        url = _address("rediss", settings)
        parameters |= {ours: settings[theirs] for theirs, ours in _FILES.items() if settings.get(theirs)}
    elif name in (
        "redis.connection.UnixDomainSocketConnection",
        "redis.asyncio.connection.UnixDomainSocketConnection",
    ):
        url = f"redis+unix://{quote(settings['path'])}"
        parameters["db"] = _database(settings)
    else:
        raise TypeError("redis is a redis-py client of one server, by TCP, TLS or a unix socket.")
    timeout = _seconds(settings, "socket_timeout")
    connect_timeout = _seconds(settings, "socket_connect_timeout") or timeout  # as redis-py has it
    if connect_timeout is not None:
        parameters["connect_timeout_ms"] = round(connect_timeout * 1000)
    if parameters:
        url += "?" + urlencode(parameters, quote_via=quote)
    return ClientSettings(url, settings.get("username"), settings.get("password"), timeout)


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
        raise TypeError(f"The client's {name} cannot be taken over: it is not 0.001 to {_LONGEST_WAIT} seconds.")
    return seconds


def _database(settings: dict[str, Any]) -> int:
    return int(settings.get("db") or 0)


def _address(scheme: str, settings: dict[str, Any]) -> str:
    host = settings.get("host", "localhost")
    if ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}:{settings.get('port', 6379)}/{_database(settings)}"
