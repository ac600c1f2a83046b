"""The programs that the READMEs show are parts, as they stand, of the examples that the tests run."""

import re
import textwrap
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent
READMES = {"the package's": PACKAGE / "README.md", "the library's": PACKAGE.parent.parent / "README.md"}


def is_part(block: str, program: str) -> bool:
    """Whether lines stand together in a program, at any one indentation."""
    lines = program.splitlines()
    shown = block.splitlines()
    parts = ("\n".join(lines[i : i + len(shown)]) for i in range(len(lines)))
    return any(textwrap.dedent(part) == block for part in parts)


@pytest.mark.parametrize("name", READMES)
def test_programs_are_parts_of_examples(name: str) -> None:
    texts = [file.read_text() for file in (PACKAGE / "examples").glob("*.py")]
    programs = [re.sub(r"  # type: ignore\S*", "", text) for text in texts]
    blocks = re.findall(r"^```python\n(.*?)\n```$", READMES[name].read_text(), re.MULTILINE | re.DOTALL)
    assert len(blocks) > 1
    for block in blocks:
        assert any(is_part(block, program) for program in programs), block


def test_what_is_no_part() -> None:
    program = "if a:\n    b = 1\n    c = 2\n\n    d = 3\n"
    assert is_part("b = 1\nc = 2\n\nd = 3", program) and is_part("c = 2", program)
    for block in ("b = 1\nd = 3", "c = 2\nb = 1", "b = 1\n    c = 2", "c = 2\nd = 3"):
        assert not is_part(block, program)
