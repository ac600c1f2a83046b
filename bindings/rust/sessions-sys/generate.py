"""Writes src/declarations.rs from the public headers. Usage: generate.py [--check], which only says whether it is up to date."""

import pathlib
import re
import sys

COMMENT = r"(?:/\*((?:(?!\*/).)*)\*/)"
HERE = pathlib.Path(__file__).resolve().parent
INCLUDE = HERE.parents[2] / "include"
TARGET = HERE / "src/declarations.rs"
TYPES = {"int32_t": "i32", "int64_t": "i64", "uint64_t": "u64", "size_t": "usize", "double": "f64", "void": "c_void",
         "char": "c_char", "unsigned char": "c_uchar"}


def rust_type(text):
    """`const char **` becomes `*mut *const c_char`: from the name outwards."""
    base, stars = re.fullmatch(r"\s*([^*]+?)\s*((?:\*\s*(?:const)?\s*)*)", text).groups()
    is_const = base.startswith("const ")
    name = base.removeprefix("const ").removeprefix("struct ").strip()
    result = TYPES.get(name, name)
    for star in re.findall(r"\*\s*(const)?", stars):
        result = f"*{'const' if is_const else 'mut'} {result}"
        is_const = bool(star)
    return result


def rust_name(name):
    return f"r#{name}" if name in ("type", "where", "match") else name


def parameters(text):
    text = " ".join(text.split())
    if text == "void":
        return ""
    pairs = (re.fullmatch(r"\s*(.*?[\s*])(\w+)\s*", parameter).groups() for parameter in text.split(","))
    return ", ".join(f"{rust_name(name)}: {rust_type(kind)}" for kind, name in pairs)


def returns(text):
    return "" if text.strip() == "void" else f" -> {rust_type(text)}"


def documented(text):
    """(the lines of the comment that belongs to a declaration, with the declaration). A comment may stand before several
    functions: the others refer to the first."""
    first = ""
    for comment, declaration in re.findall(rf"(?:{COMMENT}\s*)?((?:typedef|SESSIONS_API|enum|struct)\b"
                                           r"(?:[^;{]|\{[^}]*\})*;)", text, flags=re.S):
        if comment:
            first = re.search(r"(\w+)\(|$", declaration)[1]
            yield [re.sub(r"^\s*\* ?", "", line).rstrip() for line in comment.strip().split("\n")], declaration
        else:
            yield [f"See [`{first}`]."], declaration


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


def doc(lines, indent=""):
    return "".join(f"{indent}/// {line}".rstrip() + "\n" for line in lines)


def beside(comment, otherwise, indent=""):
    """The comment that stands behind a constant or a member."""
    return doc([" ".join(comment.split())] if comment else otherwise, indent)


def constants(body, about):
    for name, value, comment in re.findall(rf"(SESSIONS_\w+)\s*=\s*(-?\d+)\s*,?\s*{COMMENT}?", body, flags=re.S):
        kind = "usize" if name.endswith("_BYTES") else "u64" if "_DROPS_" in name else "i32"
        yield f"{beside(comment, about)}pub const {name}: {kind} = {value};\n"


def members_of(struct, body):
    for kind, name, comment in re.findall(rf"(\w[\w ]*?[\s*]+)(\w+)\s*;\s*{COMMENT}?", body, flags=re.S):
        kind = kind.strip()
        about = [f"See [`{kind if kind.startswith('sessions_') else struct}`]."]
        yield f"{beside(comment, about, '    ')}    pub {rust_name(name)}: {rust_type(kind)},\n"


def declare(lines, declaration):
    clean = without_comments(declaration)
    if match := re.match(r"enum\s*\{(.*)\}", declaration, flags=re.S):
        return "".join(constants(match[1], lines))
    if match := re.fullmatch(r"typedef\s+struct\s+(\w+)\s+(\w+)\s*;", clean):
        return doc(lines) + f"#[repr(C)]\npub struct {match[1]} {{\n    _opaque: Opaque,\n}}\n"
    if match := re.fullmatch(r"typedef\s+(.*?)\(\*(\w+)\)\((.*)\)\s*;", clean, flags=re.S):
        result, name, arguments = match.groups()
        return doc(lines) + f"pub type {name} =\n    Option<unsafe extern \"C\" fn({parameters(arguments)}){returns(result)}>;\n"
    if match := re.fullmatch(r"typedef\s+(\w+)\s+(\w+)\s*;", clean):
        return doc(lines) + f"pub type {match[2]} = {TYPES[match[1]]};\n"
    if match := re.match(r"struct\s+(\w+)\s*\{(.*)\}", declaration, flags=re.S):
        members = "".join(members_of(*match.groups()))
        return doc(lines) + f"#[repr(C)]\n#[derive(Clone, Copy)]\npub struct {match[1]} {{\n{members}}}\n"
    if match := re.fullmatch(r"SESSIONS_API\s+(.*?)(\w+)\(([^()]*)\)\s*;", clean, flags=re.S):
        result, name, arguments = match.groups()
        return "extern \"C\" {\n" + doc(lines, "    ") + f"    pub fn {name}({parameters(arguments)}){returns(result)};\n}}\n"
    return ""


def generate():
    parts = ["// Written by generate.py from include/sessions.h. Do not edit.\n\n"
             "use super::Opaque;\nuse std::os::raw::{c_char, c_uchar, c_void};\n"]
    umbrella = (INCLUDE / "sessions.h").read_text()
    for header in sorted(re.findall(r"#include <(sessions/\w+\.h)>", umbrella)):
        if header == "sessions/cjson.h":  # for C programs that have cJSON's trees
            continue
        text = (INCLUDE / header).read_text()
        text = text[text.index("#define SESSIONS_") :]
        parts.append(f"\n// ---- <{header}> ----\n\n")
        for name, value in re.findall(r"#define (SESSIONS_VERSION_\w+) (\d+)", text):
            parts.append(f"/// Of the headers that this was written from.\npub const {name}: i32 = {value};\n")
        text = re.sub(r'extern "C" \{|^#.*$', "", text, flags=re.M)
        text = re.sub(r"typedef struct (\w+) \1;\s*struct \1 \{", r"struct \1 {", text)  # one comment for both
        parts += [declare(*found) for found in documented(text)]
    parts.append("\n/// Accepted as the length of any input string: the string ends at its first NUL byte.\n"
                 "pub const SESSIONS_NUL_TERMINATED: usize = usize::MAX;\n")
    return "".join(parts)


def missing(text):
    """Public functions that the text does not declare: the headers have a form that this script does not know."""
    for header in sorted((INCLUDE / "sessions").glob("*.h")):
        if header.name != "cjson.h":
            for name in re.findall(r"^SESSIONS_API\b[^;(]*?(sessions_\w+)\(", without_comments(header.read_text()), flags=re.M):
                if f"fn {name}(" not in text:
                    yield name


def main():
    text = generate()
    if lost := list(missing(text)):
        sys.exit("generate.py does not understand: " + ", ".join(lost))
    if sys.argv[1:] == ["--check"]:
        if TARGET.read_text() != text:
            sys.exit("src/declarations.rs is not what the headers say: run generate.py")
    else:
        TARGET.write_text(text)


main()
