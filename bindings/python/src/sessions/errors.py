"""One exception class for each category of statuses."""

from __future__ import annotations

from typing import Final

from sessions import _native


class SessionsError(Exception):
    """What the library could not do.

    ``status`` is the number of the status and ``name`` its name in ``<sessions/status.h>``, such as
    ``SESSIONS_E_UNAVAILABLE``. The exception of a callback that failed is the ``__cause__``.
    """

    #: What an exception that a custom store raises answers with.
    sessions_status_class: Final = True

    def __init__(self, message: str, status: int = -501) -> None:
        """Keep the status beside the message."""
        super().__init__(message)
        self.status = status

    @property
    def name(self) -> str:
        """Name of the status."""
        return _native.status_name(self.status)

    def __reduce__(self) -> tuple[type[SessionsError], tuple[str, int]]:
        """Survive pickling."""
        return type(self), (str(self), self.status)


class CallerError(SessionsError):
    """The call itself is wrong: it will fail again."""


class StoreUnavailableError(SessionsError):
    """The environment, mostly the store, failed: the same call may succeed later. Answer the request with 503."""


class StoredDataError(SessionsError):
    """What is stored is damaged, or was written by a newer version."""


class InternalError(SessionsError):
    """Out of memory, or a defect of the library."""


class CallbackError(SessionsError):
    """A callback of the program's raised an exception, which is the ``__cause__``."""


_BY_CATEGORY: Final = {
    1: CallerError,
    2: StoreUnavailableError,
    3: StoredDataError,
    4: InternalError,
    5: CallbackError,
}


def make_error(status: int, message: str) -> SessionsError:
    """Make the exception of a status."""
    return _BY_CATEGORY.get(_native.status_category(status), SessionsError)(message, status)


#: SESSIONS_E_INVALID, SESSIONS_E_RANGE
INVALID: Final = -101
RANGE: Final = -104
