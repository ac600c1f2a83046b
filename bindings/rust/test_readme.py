"""What the READMEs show is in the files that they name, and the program counts. Usage: test_readme.py COUNTER"""

import pathlib
import re
import subprocess
import sys
import textwrap

here = pathlib.Path(__file__).resolve().parent
counter = sys.argv[1]



def has(source, excerpt):
    """Whether a text has the lines of an excerpt one after the other, all of them indented as deep as one likes."""
    lines, wanted = source.splitlines(), textwrap.dedent(excerpt).strip("\n").splitlines()
    parts = (lines[start : start + len(wanted)] for start in range(len(lines)))
    return any(textwrap.dedent("\n".join(part)).splitlines() == wanted for part in parts)


# Each block is followed by the link to its file; a line "// ..." stands between excerpts.
for readme in (here / "README.md", here.parents[1] / "README.md"):
    text = readme.read_text()
    blocks = re.findall(r"^```rust\n(.*?)^```\n\s*That is \[.*?\]\((.*?)\)", text, re.S | re.M)
    assert len(blocks) == text.count("```rust") > 0, f"{readme}: a block has no line after it that says: That is [FILE]"
    for shown, file in blocks:
        for excerpt in re.split(r"^\s*// \.\.\.\n", shown, flags=re.M):
            assert has((readme.parent / file).read_text(), excerpt), f"{readme} shows what {file} has not:\n{excerpt}"

cookie = None
for visit in (1, 2, 3):
    environment = {"SESSIONS_SECRET": "a secret of at least thirty-two bytes"}
    if cookie:
        environment["HTTP_COOKIE"] = cookie
    response = subprocess.run([counter], env=environment, capture_output=True, text=True, check=True).stdout
    assert f"\nvisit {visit}\n" in response, response
    cookie = re.search(r"^Set-Cookie: ([^;]*);", response, re.M).group(1)

without_secret = subprocess.run([counter], env={}, capture_output=True, text=True)
assert without_secret.returncode == 1 and "key" in without_secret.stderr, without_secret
