"""Session: the session of one request."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from enum import IntEnum
from types import TracebackType
from typing import Any

from typing_extensions import Self

from sessions import _native
from sessions._arguments import milliseconds, require
from sessions._json import decode, encode


class Origin(IntEnum):
    """Where the content of a session came from."""

    NEW = 0
    RESTORED = 1
    REFUSED_MALFORMED = 2
    REFUSED_SIGNATURE = 3
    REFUSED_EXPIRED = 4
    REFUSED_FUTURE = 5
    REFUSED_UNKNOWN = 6
    REFUSED_CONTENT = 7


class Outcome(IntEnum):
    """What the last commit, regenerate or destroy did."""

    UNCHANGED = 0
    CREATED = 1
    SAVED = 2
    TOUCHED = 3
    REGENERATED = 4
    DESTROYED = 5
    GONE = 6
    MERGED = 7
    CONFLICT = 8


class CommitMode(IntEnum):
    """What a commit does when parallel requests have written since this one loaded."""

    MERGE = 1
    STRICT = 2
    LAST_WRITE = 3


_OUTCOMES = tuple(Outcome)
_MISSING = object()


class Session(_native.Session, MutableMapping[str, Any]):
    """A mapping from keys to JSON values.

    Lists and dicts that were read or set are the session's: what is changed in them is noticed and written by the next
    commit; after one that ended the session, or brought in what others have written, they are to be read again. A
    session is used by one thread at a time; other use raises CallerError. Leaving a ``with`` block closes the session
    without committing it.
    """

    __slots__ = ()

    def __enter__(self) -> Self:
        """Return the session."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close the session; what was not committed is lost."""
        self._close()

    def close(self) -> None:
        """Free the session; what was not committed is lost. Closing twice does nothing.

        While an operation is under way this is refused like all other use. A call of ``aio`` is cancelled by it, on the
        thread of its loop.
        """
        self._close()

    def __iter__(self) -> Iterator[str]:
        """Iterate over the keys there are now, in the order in which they were first set."""
        return iter(self._keys())

    def __repr__(self) -> str:
        """Show no content, which may be secret."""
        return f"<{type(self).__module__}.{type(self).__qualname__}>"

    def __eq__(self, other: object) -> bool:
        """Compare as a dict of the content."""
        if isinstance(other, Mapping):
            return dict(self) == dict(other)
        return NotImplemented

    __hash__ = None  # type: ignore[assignment]

    # ---- reading and changing ----

    def pop(self, key: str, default: Any = _MISSING) -> Any:
        """Remove a key and return its value."""
        try:
            value = self[key]
        except KeyError:
            if default is _MISSING:
                raise
            return default
        del self[key]
        return value

    def popitem(self) -> tuple[str, Any]:
        """Remove the last key, as a dict does, and return it with its value."""
        keys = self._keys()
        if not keys:
            raise KeyError("popitem(): the session is empty")
        return keys[-1], self.pop(keys[-1])

    def clear(self) -> None:
        """Remove everything; a commit with nothing set afterwards ends the session."""
        self._clear()

    def increment(self, key: str, delta: int = 1) -> int:
        """Add to an integer and return the sum; increments of parallel requests add up."""
        return self._increment(key, delta)

    def require_unchanged(self, key: str) -> None:
        """Have the next commit done only if no other request has changed this key since it was loaded.

        Otherwise nothing is written and the outcome is Outcome.CONFLICT: make the changes again on the fresh content.
        Raises CallerError after clear() and from_json(), until they are committed.
        """
        self._require_unchanged(key)

    def to_json(self) -> str:
        """Return the whole content as the text of one JSON object."""
        self._write_nested()
        return self._to_json()

    def from_json(self, text: str) -> None:
        """Replace the whole content by that of a JSON object."""
        self._from_json(text)

    def _write_nested(self) -> None:
        nested = self._nested()
        if not nested:
            return
        for key, value in list(nested.items()):
            text = encode(value)
            stored = self._get_json(key)
            if text != stored and text != encode(decode(stored)):
                self._set_json(key, text)

    def _forget_replaced(self) -> None:
        """Forget lists and dicts that were handed out where the store has brought in something else."""
        nested = self._nested() or {}
        for key, value in list(nested.items()):
            stored = self._get_json(key) if key in self else None
            if stored is None or encode(value) not in (stored, encode(decode(stored))):
                del nested[key]

    # ---- ending the request ----

    def commit(self) -> Outcome:
        """Write what this request did. Blocks on stores, without the GIL."""
        return _OUTCOMES[self._commit()]

    def regenerate(self) -> Outcome:
        """Move the session to a new id, when a user logs in or gains rights."""
        return _OUTCOMES[self._regenerate()]

    def destroy(self) -> Outcome:
        """End the session at once: the store forgets it, the browser deletes its cookie."""
        return _OUTCOMES[self._destroy()]

    def load(self, cookie_header: str | bytes | None) -> None:
        """Load a session of Manager.new() by the value of a Cookie header."""
        self._load(cookie_header, False)

    def load_value(self, cookie_value: str | bytes | None) -> None:
        """Load a session of Manager.new() by the bare value of the cookie."""
        self._load(cookie_value, True)

    def set_timeout(self, seconds: float) -> None:
        """Set how long each later call may wait for the store: 0.001 to 3600 seconds."""
        self._set_timeout_ms(milliseconds("the timeout", seconds))

    def set_commit_mode(self, mode: CommitMode) -> None:
        """Set the commit mode of this session; strict goes by what is read from then on."""
        require("the mode", mode, CommitMode, "one of sessions.CommitMode")
        self._set_commit_mode(mode)

    # ---- what there is to know ----

    @property
    def origin(self) -> Origin:
        """What loading found."""
        return Origin(self._origin())

    @property
    def outcome(self) -> Outcome:
        """What the last commit, regenerate or destroy did."""
        return _OUTCOMES[self._outcome()]

    @property
    def degraded(self) -> bool:
        """Whether no replica has confirmed the last destroy or regenerate in the time allowed."""
        return self._degraded() == 1

    @property
    def contested_keys(self) -> list[str]:
        """Keys that parallel requests had changed too."""
        return self._contested_keys()

    @property
    def cookie_lines(self) -> list[str]:
        """Values of the Set-Cookie headers that the response must carry."""
        return self._cookie_lines()

    @property
    def varies_by_cookie(self) -> bool:
        """Whether the response must carry ``Vary: Cookie``: not when it must not be cached at all."""
        return self._varies() == 1

    @property
    def must_not_be_cached(self) -> bool:
        """Whether the response must carry ``Cache-Control: private, no-store``."""
        return self._no_cache() == 1
