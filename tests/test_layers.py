"""The walls of the project: include order in C, import order in Python.

csrc/layers.txt lists the files of the core, lowest first; a file includes
only what stands on an earlier line, and its own header.
"""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CSRC = ROOT / "csrc"
PACKAGE = ROOT / "buddyalloc"
CORE = ("base", "mm", "sim", "trace")

INCLUDE = re.compile(r'\s*#\s*include\s+([<"])([^>"]+)[>"]')
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.S)
MEMORY_CALLS = re.compile(r"\b(?:mmap|memfd_create)\s*\(|\b_GNU_SOURCE\b")
MEMORY_FILES = {"base/arena.c", "mm/memory.c"}
FUNCTION_POINTER = re.compile(r"\(\s*\*\s*(?:const\s+)?\w+\s*\)\s*\(")


def layers(csrc: Path) -> dict[str, int]:
    """Rank of each file without its suffix: the line of layers.txt."""
    rank: dict[str, int] = {}
    for number, line in enumerate((csrc / "layers.txt").read_text().splitlines(), 1):
        for name in line.split("#")[0].split():
            assert name not in rank, f"layers.txt:{number}: {name} stands there twice"
            rank[name] = number
    return rank


def c_files(csrc: Path) -> list[Path]:
    return sorted(path for path in csrc.rglob("*") if path.suffix in (".c", ".h"))


def name_of(path: Path, csrc: Path) -> str:
    return path.relative_to(csrc).with_suffix("").as_posix()


def include_faults(csrc: Path) -> Iterator[str]:
    """One sentence for each include that breaks a rule."""
    rank = layers(csrc)
    for path in c_files(csrc):
        own = name_of(path, csrc)
        first = None
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            bracket, target = match.groups()
            place = f"{path.relative_to(csrc.parent).as_posix()}:{number}"
            first = first or target
            if target == "Python.h":
                if path != csrc / "py" / "py.h":
                    yield f"{place}: only py/py.h may include Python.h"
            elif bracket == '"':
                yield from project_include_faults(place, own, target, rank)
        has_header = path.suffix == ".c" and path.with_suffix(".h").exists()
        if has_header and first != f"{own}.h":
            yield f"{path.relative_to(csrc.parent)}: must include {own}.h first"


def project_include_faults(
    place: str, own: str, target: str, rank: dict[str, int]
) -> Iterator[str]:
    other, _, suffix = target.rpartition(".")
    if suffix != "h":
        yield f"{place}: {target} is no header"
    elif other not in rank:
        yield f"{place}: {target} is not a path from csrc/ named in layers.txt"
    elif other != own and rank[other] >= rank.get(own, 0):
        yield (
            f"{place}: {own} (layer {rank.get(own)}) includes "
            f"{other} (layer {rank[other]})"
        )


def test_include_order() -> None:
    assert list(include_faults(CSRC)) == []


def test_planted_faults_are_found(tmp_path: Path) -> None:
    csrc = tmp_path / "csrc"
    files = {
        "layers.txt": "base/types\nmm/pcp mm/lru\nmm/zone\npy/py\n",
        "base/types.h": "",
        "mm/lru.h": "",
        "mm/zone.h": '#include "mm/pcp.h"\n',
        "mm/pcp.h": '#include "base/types.h"\n#include "mm/lru.h"\n',
        "mm/pcp.c": '#include "mm/zone.h"\n#include <Python.h>\n'
        '#include "../x.h"\n#include "mm/pcp.h"\n#include "mm/zone.c"\n',
        "py/py.h": "#include <Python.h>\n",
    }
    for name, text in files.items():
        (csrc / name).parent.mkdir(parents=True, exist_ok=True)
        (csrc / name).write_text(text)
    assert list(include_faults(csrc)) == [
        "csrc/mm/pcp.c:1: mm/pcp (layer 2) includes mm/zone (layer 3)",
        "csrc/mm/pcp.c:2: only py/py.h may include Python.h",
        "csrc/mm/pcp.c:3: ../x.h is not a path from csrc/ named in layers.txt",
        "csrc/mm/pcp.c:5: mm/zone.c is no header",
        "csrc/mm/pcp.c: must include mm/pcp.h first",
        "csrc/mm/pcp.h:2: mm/pcp (layer 2) includes mm/lru (layer 2)",
    ]


def test_layers_txt_and_csrc_name_the_same_files() -> None:
    listed = set(layers(CSRC))
    there = {name_of(path, CSRC) for path in c_files(CSRC)}
    assert sorted(there - listed) == [], "not in csrc/layers.txt"
    assert sorted(listed - there) == [], "in csrc/layers.txt, but no such file"


def test_host_memory_is_asked_for_in_two_files_only() -> None:
    users = {
        path.relative_to(CSRC).as_posix()
        for path in c_files(CSRC)
        if MEMORY_CALLS.search(COMMENT.sub(" ", path.read_text()))
    }
    assert sorted(users - MEMORY_FILES) == []


def test_core_has_no_callbacks_no_abort_and_no_python() -> None:
    faults = []
    for path in c_files(CSRC):
        if path.relative_to(CSRC).parts[0] not in CORE:
            continue
        code = COMMENT.sub(" ", path.read_text())
        for fault in (FUNCTION_POINTER, re.compile(r"\babort\s*\(|\bPy[A-Z_]\w+")):
            faults += [f"{path.name}: {match[0]}" for match in fault.finditer(code)]
    assert faults == []


def test_core_has_no_writable_static_data(tmp_path: Path) -> None:
    """nm of objects without -fPIC, where constant tables are truly read-only."""
    for tool in ("make", "gcc", "nm"):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    command = ["make", "-s", "-j2", "-C", str(ROOT / "tests" / "c"), "lib", "CC=gcc"]
    command += [f"BUILD={tmp_path}", "CFLAGS=-O0 -fno-pic -fno-pie"]
    env = {k: v for k, v in os.environ.items() if k != "MAKEFLAGS"}
    built = subprocess.run(command, env=env, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[-6000:]
    objects = sorted(tmp_path.rglob("*.o"))
    assert objects
    symbols = subprocess.run(
        ["nm", "-A", *map(str, objects)], capture_output=True, text=True, check=True
    ).stdout
    writable = [
        line.removeprefix(f"{tmp_path}/")
        for line in symbols.splitlines()
        if line.split()[-2] in "bBdDcCgGsS"
    ]
    assert writable == []


def test_every_source_of_the_core_has_a_c_test() -> None:
    sources = [path for layer in CORE for path in (CSRC / layer).glob("*.c")]
    missing = [
        path.relative_to(CSRC).as_posix()
        for path in sorted(sources)
        if not (ROOT / "tests" / "c" / f"test_{path.stem}.c").exists()
    ]
    assert missing == [], "no tests/c/test_<name>.c for these"


# Python: trace -> replay -> metrics -> plots, each imports only from its left.

ORDER = ("trace", "replay", "metrics", "plots")
NEVER = {"metrics": ("matplotlib", "buddyalloc.plots"), "plots": ("buddyalloc._core",)}


def imports(path: Path, root: Path) -> Iterator[tuple[int, str]]:
    """Line and absolute name of everything that a module imports."""
    package = path.relative_to(root.parent).with_suffix("").parts[:-1]
    for node in ast.walk(ast.parse(path.read_text(), str(path))):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            names = [*base, *([node.module] if node.module else [])]
            for alias in node.names:
                yield node.lineno, ".".join([*names, alias.name])


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(package + ".")


def import_faults(root: Path) -> Iterator[str]:
    for path in sorted(root.rglob("*.py")):
        part = path.relative_to(root).with_suffix("").parts[0]
        later = ORDER[ORDER.index(part) + 1 :] if part in ORDER else ()
        barred = [f"buddyalloc.{name}" for name in later] + list(NEVER.get(part, ()))
        for line, name in imports(path, root):
            if any(within(name, other) for other in barred):
                yield f"{path.relative_to(root).as_posix()}:{line}: imports {name}"


def test_import_order() -> None:
    assert list(import_faults(PACKAGE)) == []


def test_planted_imports_are_found(tmp_path: Path) -> None:
    root = tmp_path / "buddyalloc"
    files = {
        "trace/open.py": "from ..replay import replay\nimport numpy\n",
        "metrics/latency.py": "def f():\n    import matplotlib.pyplot as plt\n",
        "plots/latency.py": "from .. import _core, metrics\nimport matplotlib\n",
        "replay.py": "from . import trace\nfrom .plots import latency\n",
    }
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    assert list(import_faults(root)) == [
        "metrics/latency.py:2: imports matplotlib.pyplot",
        "plots/latency.py:1: imports buddyalloc._core",
        "replay.py:2: imports buddyalloc.plots.latency",
        "trace/open.py:1: imports buddyalloc.replay.replay",
    ]


def test_importing_buddyalloc_imports_no_matplotlib(tmp_path: Path) -> None:
    code = "import buddyalloc, sys; sys.exit('matplotlib' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert result.returncode == 0, result.stderr or "matplotlib was imported"
