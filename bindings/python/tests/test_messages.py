"""Messages of the library, which name what there is in Python."""

import re
from pathlib import Path
from typing import Any

import pytest

import sessions
from sessions.errors import make_error

LIBRARY = Path(__file__).parent.parent.parent.parent / "src"
FUNCTION = r"sessions_(?:config|session|custom|manager|backend|queue)_[a-z_]+"


@pytest.mark.parametrize(
    ("backend", "settings", "words"),
    [
        ("signed-cookie:", {}, r"needs a signing key: give Config keys="),
        ("memory:", {"secure": False}, "give Config secure=True, or give Config another cookie_name"),
        ("memory:", {"http_only": False, "cookie_name": "__Http-a"}, "give Config http_only=True, or "),
        ("memory:", {"plain_http": True, "partitioned": True}, "give Config secure=True, or partitioned=False"),
        ("memory:", {"max_content_bytes": 64}, "store less, or give Config more max_content_bytes"),
    ],
)
def test_messages(backend: str, settings: dict[str, Any], words: str) -> None:
    with pytest.raises(sessions.CallerError, match=words):
        session = sessions.Manager(sessions.Backend(backend), sessions.Config(**settings)).load()
        session["a"] = "a" * 100


def test_messages_of_wrong_values() -> None:
    session = sessions.Manager(sessions.Backend("memory:")).load()
    session.update(text="a", large=2**63 - 1)
    for key, message in (("text", "the value has another type"), ("large", "the number does not fit the type exactly")):
        with pytest.raises(sessions.CallerError) as refused:
            session.increment(key)
        assert str(refused.value) == message


def test_no_message_names_a_function_in_c() -> None:
    texts = [
        text
        for file in LIBRARY.rglob("*.?pp")
        for text in re.findall(r'"([^"\n]*)"', file.read_text())
        if re.search(FUNCTION, text) and "sizeof" not in text  # of tables that the package fills
    ]
    assert len(texts) > 5
    for text in texts:
        assert not re.search(FUNCTION, str(make_error(-101, text)))
