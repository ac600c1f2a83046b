"""What programs were compiled against: public headers, records, version script and library must agree.

sessions.symbols is the record of exported functions, each with the version that brought it; sessions.constants that of
constants and their values, which live on in compiled programs. --update writes both anew from the headers.
"""

import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SYMBOLS = ROOT / "tests/abi/sessions.symbols"
CONSTANTS = ROOT / "tests/abi/sessions.constants"


def in_headers():
    """A function's `Since` stands in the comment before it, or before the group it is in."""
    found = {}
    for header in sorted((ROOT / "include/sessions").glob("*.h")):
        since = None
        for comment, name in re.findall(
            r"/\*(.*?)\*/|^SESSIONS_API\b[^;]*?(sessions_\w+)\s*\(", header.read_text(encoding="utf-8"), re.S | re.M
        ):
            if name:
                found[name] = since
            else:
                version = re.search(r"[Ss]ince\s+(?:\*\s+)?(\d+\.\d+)\.", comment)
                since = version[1] if version else None
    return found


def constants_in_headers():
    found = {}
    for header in sorted((ROOT / "include/sessions").glob("*.h")):
        for body in re.findall(r"enum\s*\{(.*?)\}", header.read_text(encoding="utf-8"), re.S):
            found.update(re.findall(r"(SESSIONS_\w+)\s*=\s*(-?\d+)", body))
    return found


def in_record(path):
    return dict(line.split() for line in path.read_text(encoding="utf-8").splitlines())


def write_record(path, found):
    path.write_text("".join(f"{name} {what}\n" for name, what in sorted(found.items())), encoding="utf-8")


def in_version_script():
    text = (ROOT / "src/capi/sessions.map").read_text(encoding="utf-8")
    found = {}
    for version, body in re.findall(r"SESSIONS_(\d+\.\d+)\s*\{(.*?)\}", text, re.S):
        found.update((name, version) for name in re.findall(r"(sessions_\w+);", body))
    return found


def in_library(path):
    listing = subprocess.run(
        ["nm", "--dynamic", "--defined-only", "--with-symbol-versions", path], check=True, capture_output=True, text=True
    ).stdout
    found = {}
    for _, kind, name in (line.split() for line in listing.splitlines()):
        if kind != "A":  # the version nodes themselves
            name, _, version = name.partition("@@SESSIONS_")
            found[name] = version if kind == "T" else f"no function but '{kind}'"
    return found


def complaints(reference, reference_name, other, other_name):
    for name in sorted(reference.keys() | other.keys()):
        if reference.get(name) != other.get(name):
            yield f"{name}: {reference.get(name, 'missing')} in {reference_name}, {other.get(name, 'missing')} in {other_name}"


def main(arguments):
    headers, constants = in_headers(), constants_in_headers()
    if arguments == ["--update"]:
        write_record(SYMBOLS, headers)
        write_record(CONSTANTS, constants)
        return 0
    found = [f"{name}: its comment does not say since when" for name, since in headers.items() if since is None]
    found += complaints(headers, "the headers", in_record(SYMBOLS), SYMBOLS.name)
    found += complaints(constants, "the headers", in_record(CONSTANTS), CONSTANTS.name)
    found += complaints(headers, "the headers", in_version_script(), "src/capi/sessions.map")
    found += complaints(headers, "the headers", in_library(os.environ["SESSIONS_LIBRARY"]), "the library")
    print("\n".join(found))
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
