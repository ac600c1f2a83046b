"""Arguments are refused where they are given, by their names."""

from __future__ import annotations

from typing import Any

from sessions.errors import INVALID, CallerError


def require(name: str, value: object, kind: Any, words: str) -> None:
    """Raise TypeError for what is not of a kind; a bool is no number."""
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise TypeError(f"{name} is {words}, not of type {type(value).__name__}.")


def require_methods(name: str, value: object, *methods: str) -> None:
    """Raise TypeError for an object that lacks one of the methods."""
    for method in methods:
        if not callable(getattr(value, method, None)):
            raise TypeError(f"{name} is an object with the methods {', '.join(methods)}: it has no {method}.")


def milliseconds(name: str, seconds: float) -> int:
    """Return a time in milliseconds."""
    require(name, seconds, (int, float), "a number of seconds")
    if not 0.001 <= seconds <= 3600:
        raise CallerError(f"{name} is 0.001 to 3600 seconds, not {seconds}.", INVALID)
    return round(seconds * 1000)
