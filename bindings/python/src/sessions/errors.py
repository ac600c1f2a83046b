"""One exception class for each category of statuses."""

from __future__ import annotations

from typing import ClassVar, Final

from sessions import _native


class SessionsError(Exception):
    """What the library could not do.

    ``status`` is the number of the status and ``name`` its name in ``<sessions/status.h>``, such as
    ``SESSIONS_E_UNAVAILABLE``. The exception of a callback that failed is the ``__cause__``.
    """

    #: What an exception that a custom store raises answers with.
    sessions_status_class: Final = True
    _usual_status: ClassVar[int] = -501

    def __init__(self, message: str, status: int | None = None) -> None:
        """Keep the status beside the message; without one, SESSIONS_E_CALLBACK or what the class stands for."""
        super().__init__(message)
        self.status = self._usual_status if status is None else status

    @property
    def name(self) -> str:
        """Name of the status."""
        return _native.status_name(self.status)

    def __reduce__(self) -> tuple[type[SessionsError], tuple[str, int]]:
        """Survive pickling."""
        return type(self), (str(self), self.status)


class CallerError(SessionsError):
    """The call itself is wrong: it will fail again."""


class UnsupportedTypeError(CallerError, TypeError):
    """A value is of a type that JSON has not, such as bytes: a TypeError too, as of Python's own json."""


class StoreUnavailableError(SessionsError):
    """The environment, mostly the store, failed: the same call may succeed later. Answer the request with 503."""

    _usual_status = -201


class StoredDataError(SessionsError):
    """What is stored is damaged, or was written by a newer version."""

    _usual_status = -301


class InternalError(SessionsError):
    """Out of memory, or a defect of the library."""


class CallbackError(SessionsError):
    """A callback of the program's raised an exception, which is the ``__cause__``.

    What is no Exception, such as a KeyboardInterrupt, comes out of the call as itself. Calls of ``sessions.aio`` that
    wait have no cause: a store is asked on another thread, and what it raises there goes to ``sys.unraisablehook``. The
    message names its class.
    """


_BY_CATEGORY: Final = {
    1: CallerError,
    2: StoreUnavailableError,
    3: StoredDataError,
    4: InternalError,
    5: CallbackError,
}


# What the library's messages call by the names of its functions in C.
_IN_PYTHON: Final = (
    ("call sessions_config_add_key first", "give Config keys=[...]"),
    ("call sessions_config_set_cookie_name with a name without the prefix first", "give Config another cookie_name"),
    ("call sessions_config_set_secure(config, 1) first", "give Config secure=True"),
    ("call sessions_config_set_http_only(config, 1) first", "give Config http_only=True"),
    ("sessions_config_set_partitioned(config, 0)", "partitioned=False"),
    ("sessions_config_set_max_content_bytes allows", "Config's max_content_bytes allows"),
    ("raise it where the function's documentation says how", "give Config more max_content_bytes"),
    (": sessions_session_get_type tells which, sessions_session_get_json reads any", ""),
    (": sessions_session_get_json gives its digits", ""),
    ("sessions_custom_decide()", "decide()"),
)


def make_error(status: int, message: str) -> SessionsError:
    """Make the exception of a status."""
    for in_c, in_python in _IN_PYTHON:
        message = message.replace(in_c, in_python)
    return _BY_CATEGORY.get(_native.status_category(status), SessionsError)(message, status)


#: SESSIONS_E_INVALID, SESSIONS_E_RANGE
INVALID: Final = -101
RANGE: Final = -104
