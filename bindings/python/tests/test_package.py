"""What the installed package says of itself."""

from importlib.metadata import metadata


def test_license() -> None:
    assert metadata("libsessions")["License-Expression"] == "MIT"
    assert "session" in metadata("libsessions")["Keywords"].split(",")
