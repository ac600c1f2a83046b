"""What a redis-py client connects to."""

from __future__ import annotations

import ssl
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode


class ClientSettings(NamedTuple):
    """A URL, and the credentials, which stand in no URL."""

    url: str
    user: str | None
    password: str | None


_FILES = {"ssl_ca_certs": "ca_file", "ssl_certfile": "certificate_file", "ssl_keyfile": "key_file"}
_REFUSED = ("credential_provider", "redis_connect_func", "ssl_ca_data", "ssl_ca_path", "ssl_password",
            "ssl_validate_ocsp", "ssl_validate_ocsp_stapled", "ssl_ciphers", "ssl_min_version",
            "ssl_include_verify_flags", "ssl_exclude_verify_flags")  # fmt: skip


def settings_of(client: Any) -> ClientSettings:
    """Read the settings of a redis.Redis or redis.asyncio.Redis; TypeError when they cannot be taken over."""
    pool = getattr(client, "connection_pool", None)
    kind = getattr(pool, "connection_class", None)
    name = f"{kind.__module__}.{kind.__qualname__}" if isinstance(kind, type) else ""
    settings = getattr(pool, "connection_kwargs", {})
    for refused in _REFUSED:
        if settings.get(refused):
            raise TypeError(f"The client's {refused} cannot be taken over: give url= instead.")
    if name in ("redis.connection.Connection", "redis.asyncio.connection.Connection"):
        url = _address("redis", settings)
    elif name in ("redis.connection.SSLConnection", "redis.asyncio.connection.SSLConnection"):
        if settings.get("ssl_cert_reqs", "required") not in ("required", ssl.CERT_REQUIRED):
            raise TypeError("The client does not verify the server's certificate, which the library always does.")
        files = {ours: settings[theirs] for theirs, ours in _FILES.items() if settings.get(theirs)}
        url = _address("rediss", settings) + ("?" + urlencode(files, quote_via=quote) if files else "")
    elif name in (
        "redis.connection.UnixDomainSocketConnection",
        "redis.asyncio.connection.UnixDomainSocketConnection",
    ):
        url = f"redis+unix://{quote(settings['path'])}?db={_database(settings)}"
    else:
        raise TypeError("redis is a redis-py client of one server, by TCP, TLS or a unix socket.")
    return ClientSettings(url, settings.get("username"), settings.get("password"))


def _database(settings: dict[str, Any]) -> int:
    return int(settings.get("db") or 0)


def _address(scheme: str, settings: dict[str, Any]) -> str:
    host = settings.get("host", "localhost")
    if ":" in host:
        host = f"[{host}]"
    return f"{scheme}://{host}:{settings.get('port', 6379)}/{_database(settings)}"
