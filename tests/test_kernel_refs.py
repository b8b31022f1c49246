"""Citations of the kernel: every name in a `Models:` paragraph is in the list.

docs/kernel_refs.txt holds the names that were found in the kernel's source,
by file and version; a header may cite no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
CSRC = ROOT / "csrc"
CORE = ("base", "mm", "sim", "trace")
VERSIONS = ("6.1", "6.12")

Refs = dict[str, dict[str, set[str]]]
"""Name -> version -> files that have it."""

PARAGRAPH = re.compile(
    r"^ \* Models:(.*?)(?=^ \*/|^ \*$|^ \* [A-Z][a-z]+:)", re.M | re.S
)
# Files, and a section of the project's own notes, are no names.
FILE = re.compile(r"\b[\w./-]+\.(?:[ch]\b|rst\b|md\b(?: \d[\d.]*)?)")
VERSION = re.compile(r"\b6\.\d+")
NAME = re.compile(
    r"\b(?:struct|enum) (\w+)"  # a tag
    r"|\b(\w*[a-z]\w*_\w*[a-z]\w*)\b"  # snake_case, not ALLOC_*
    r"|\b(_+[a-z]\w*)\b"
    r"|\b([A-Z][a-z]+[A-Z]\w+)\b"  # PageBuddy
    r"|\b([A-Z]{2,}_[A-Z_]+)\b(?!\*)"
    r"|\b(\w+)(?:\(\)|\[\])"
)
WORD = re.compile(r"(?!(?:or|and)$)\w+")


def read_refs(text: str) -> Refs:
    refs: Refs = {}
    file = ""
    for number, line in enumerate(text.splitlines(), 1):
        line = line.partition("#")[0].rstrip()
        if not line:
            continue
        if not line.startswith("\t"):
            assert line.endswith(":"), f"kernel_refs.txt:{number}: no file: {line!r}"
            file = line[:-1]
            continue
        match = re.fullmatch(r"\t(\w+)(?: \[([\d., ]+)\])?", line)
        assert match, f"kernel_refs.txt:{number}: no name: {line!r}"
        versions = match[2].split(", ") if match[2] else VERSIONS
        for version in versions:
            assert version in VERSIONS, f"kernel_refs.txt:{number}: {version}"
            refs.setdefault(match[1], {}).setdefault(version, set()).add(file)
    return refs


def clauses(header: str) -> Iterator[tuple[str, set[str], set[str]]]:
    """Text, files and versions of each clause of a `Models:` paragraph.

    A clause ends at a semicolon or behind the bracket with its versions; one
    that names no version has those of the clauses behind it.
    """
    match = PARAGRAPH.search(header)
    text = re.sub(r"\s*\n \*\s*", " ", match[1]) if match else ""
    versions: set[str] = set()
    found = []
    for clause in reversed(re.split(r";|(?<=\)),", text)):
        versions = set(VERSION.findall(FILE.sub(" ", clause))) or versions
        files = {file.split(" ")[0] for file in FILE.findall(clause)}
        found.append((FILE.sub(" ", clause), files, versions))
    yield from reversed(found)


def names(clause: str, files: set[str]) -> list[str]:
    found = [next(filter(None, match)) for match in NAME.findall(clause)]
    if files:
        # A word that stands alone between commas: expand, rmqueue.
        parts = (part.strip(" .") for part in re.split(r"[,()]", clause))
        found += [part for part in parts if WORD.fullmatch(part) and part.islower()]
    return list(dict.fromkeys(found))


def same_file(cited: str, full: str) -> bool:
    return full == cited or full.endswith(f"/{cited}")


def citation_faults(place: str, header: str, refs: Refs) -> Iterator[str]:
    for clause, files, versions in clauses(header):
        for name in names(clause, files):
            if name not in refs:
                yield f"{place}: {name} is not in docs/kernel_refs.txt"
                continue
            for version in sorted(versions & set(VERSIONS)):
                there = refs[name].get(version, set())
                if not there:
                    yield f"{place}: {name} is not in {version}"
                elif files and not any(same_file(f, g) for f in files for g in there):
                    yield f"{place}: {name} stands in {min(there)} in {version}"


def refs() -> Refs:
    return read_refs((ROOT / "docs" / "kernel_refs.txt").read_text())


def test_headers_cite_what_was_found_in_the_kernel() -> None:
    known = refs()
    headers = sorted(path for layer in CORE for path in (CSRC / layer).glob("*.h"))
    assert headers
    faults = [
        fault
        for path in headers
        for fault in citation_faults(
            path.relative_to(ROOT).as_posix(), path.read_text(), known
        )
    ]
    assert faults == []


def test_mm_cites_functions() -> None:
    """The pattern finds names: most headers of mm cite some."""
    cited = {
        path.stem: [
            name
            for clause, files, _ in clauses(path.read_text())
            for name in names(clause, files)
        ]
        for path in (CSRC / "mm").glob("*.h")
    }
    assert "__free_one_page" in cited["buddy"]
    assert "expand" in cited["buddy"]
    assert "rmqueue" in cited["zone"]
    assert "PageBuddy" in cited["page"]
    assert "zone_flags" in cited["wmark"]


def test_planted_citations_are_found() -> None:
    known = read_refs(
        "# comment\nmm/a.c:\n\tfind\n\tget_page\n\told_way [6.1]\nmm/b.h:\n\tzone\n"
    )
    header = (
        "/*\n * x - y.\n *\n * Models: find, get_page, put_page,\n"
        " *\tmm/a.c; struct zone, mm/a.c; old_way, mm/a.c (6.1, 6.12).\n"
        " * Simplified: other_name, all.\n */\n"
    )
    assert list(citation_faults("x.h", header, known)) == [
        "x.h: put_page is not in docs/kernel_refs.txt",
        "x.h: zone stands in mm/b.h in 6.1",
        "x.h: zone stands in mm/b.h in 6.12",
        "x.h: old_way is not in 6.12",
    ]


def test_list_is_sorted() -> None:
    """By name within a file, so that an addition has one place."""
    by_file: dict[str, list[str]] = {}
    file = ""
    for line in (ROOT / "docs/kernel_refs.txt").read_text().splitlines():
        if line.startswith("\t"):
            by_file[file].append(line.split()[0])
        elif line.endswith(":") and not line.startswith("#"):
            file = line
            assert file not in by_file, f"{file} stands there twice"
            by_file[file] = []
    assert {f: n for f, n in by_file.items() if n != sorted(n)} == {}
