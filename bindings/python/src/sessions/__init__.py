"""Web sessions for any HTTP stack: in signed cookies, memory, SQLite, Redis, or a store of your own.

Of the interpreters in a process only the first one that imports this package can use it.
"""

import atexit
import os

from sessions import _native
from sessions._json import decode, encode
from sessions.errors import (
    CallbackError,
    CallerError,
    InternalError,
    SessionsError,
    StoredDataError,
    StoreUnavailableError,
    make_error,
)
from sessions.manager import Backend, Codec, Config, CustomStore, Manager, SameSite, Statistics
from sessions.session import CommitMode, Origin, Outcome, Session

_native.configure(SessionsError, make_error, encode, decode)
atexit.register(_native.begin_ending)
os.register_at_fork(after_in_child=_native.after_fork)

__version__ = "0.1.0"

__all__ = [
    "Backend",
    "CallbackError",
    "CallerError",
    "Codec",
    "CommitMode",
    "Config",
    "CustomStore",
    "InternalError",
    "Manager",
    "Origin",
    "Outcome",
    "SameSite",
    "Session",
    "SessionsError",
    "Statistics",
    "StoreUnavailableError",
    "StoredDataError",
]
