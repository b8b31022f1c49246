"""The map of csrc/: csrc/README.md and buddyalloc.h name every file."""

from __future__ import annotations

import re
from pathlib import Path

CSRC = Path(__file__).parent.parent / "csrc"
CORE = ("base", "mm", "sim", "trace")

ROW = re.compile(r"^\| `([\w/]+)` \| (.+?) \|$", re.M)
INCLUDE = re.compile(r'^#include "([^"]+)"', re.M)


def rows() -> list[tuple[str, str]]:
    """Name without suffix and sentence of each row of the README's tables."""
    return ROW.findall((CSRC / "README.md").read_text())


def stems() -> set[str]:
    return {
        path.relative_to(CSRC).with_suffix("").as_posix()
        for path in CSRC.rglob("*.[ch]")
    }


def layer_order() -> list[str]:
    lines = (CSRC / "layers.txt").read_text().splitlines()
    return [name for line in lines for name in line.partition("#")[0].split()]


def test_readme_has_one_sentence_for_each_file() -> None:
    named = [name for name, _ in rows()]
    assert sorted(stems() - set(named)) == [], "not in csrc/README.md"
    assert sorted(set(named) - stems()) == [], "in csrc/README.md, but no such file"
    assert len(named) == len(set(named)), "named twice"
    unfinished = [name for name, sentence in rows() if not sentence.endswith(".")]
    assert unfinished == []


def test_readme_has_the_order_of_the_layers() -> None:
    order = layer_order()
    named = [name for name, _ in rows() if name in order]
    assert named == sorted(named, key=order.index)


def test_umbrella_includes_every_header_of_the_core_in_order() -> None:
    included = INCLUDE.findall((CSRC / "buddyalloc.h").read_text())
    headers = {
        path.relative_to(CSRC).as_posix()
        for layer in CORE
        for path in (CSRC / layer).glob("*.h")
    }
    order = [f"{name}.h" for name in layer_order()]
    assert included == sorted(headers, key=order.index)
