"""JSON as the library has it: nothing is rounded, and what is no JSON is refused."""

from __future__ import annotations

import json
import math
from typing import Any

from sessions.errors import INVALID, RANGE, CallerError, UnsupportedTypeError


def _exact_float(digits: str) -> float:
    value = float(digits)
    if math.isinf(value) or (value == 0.0 and digits.lower().split("e")[0].strip("-0.")):
        raise CallerError("The number is too large or too small for a float.", RANGE)
    return value


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False)
_decoder = json.JSONDecoder(parse_float=_exact_float)


def encode(value: Any) -> str:
    """Return the JSON text of a value; CallerError for what has none, which for a wrong type is a TypeError too."""
    try:
        return _encoder.encode(value)
    except TypeError as error:
        raise UnsupportedTypeError("The value is, or holds, something of a type that JSON has not.", INVALID) from error
    except (ValueError, RecursionError) as error:
        raise CallerError(f"The value has no JSON text: {type(error).__name__}.", INVALID) from error


def decode(text: str) -> Any:
    """Return the value of a JSON text; CallerError for a number that Python cannot hold exactly."""
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        raise CallerError("The value holds a number that is too long, or is nested too deep.", RANGE) from error
