"""The texts: headers that teach, links that lead somewhere, code that runs."""

from __future__ import annotations

import importlib
import inspect
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
CSRC = ROOT / "csrc"
README = ROOT / "README.md"

SPDX = "/* SPDX-License-Identifier: GPL-2.0-only */\n"
HEADERS = sorted(
    path for layer in ("mm", "sim", "trace") for path in (CSRC / layer).glob("*.h")
)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
CODE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```", re.S | re.M)


@pytest.mark.parametrize("path", HEADERS, ids=lambda p: p.relative_to(CSRC).as_posix())
def test_header_teaches(path: Path) -> None:
    text = path.read_text()
    assert text.startswith(SPDX), "the first line is not the SPDX line"
    match = re.match(r"/\*.*?\*/", text[len(SPDX) :], re.S)
    assert match, "no comment follows the SPDX line"
    lesson = match[0]
    assert re.search(rf"^ \* {path.stem}\b", lesson, re.M), (
        "does not begin with its name"
    )
    assert re.search(r"^ \* Invariants\b", lesson, re.M), "no paragraph `Invariants`"
    if path.parent.name == "mm":
        assert re.search(r"^ \* Models:", lesson, re.M), "no paragraph `Models:`"


def first_line(path: Path) -> str:
    return path.read_text().partition("\n")[0]


def test_every_c_file_names_its_licence() -> None:
    files = [*CSRC.rglob("*.[ch]"), *(ROOT / "tests" / "c").glob("*.[ch]")]
    without = [
        path.relative_to(ROOT).as_posix()
        for path in sorted(files)
        if "SPDX-License-Identifier: GPL-2.0-only" not in first_line(path)
    ]
    assert without == []


def anchors(text: str) -> set[str]:
    """Names of the headings, as GitHub and GitLab make them."""
    headings = re.findall(r"^#+\s+(.*?)\s*$", CODE.sub("", text), re.M)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}


@pytest.mark.parametrize("name", ["README.md", "HACKING.md", "csrc/README.md"])
def test_links_lead_somewhere(name: str) -> None:
    path = ROOT / name
    if not path.exists():
        pytest.skip(f"there is no {name}")
    broken = []
    for target in LINK.findall(CODE.sub("", path.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        there = path.parent / file if file else path
        if not there.exists():
            broken.append(target)
        elif anchor and there.suffix == ".md":
            if anchor not in anchors(there.read_text()):
                broken.append(target)
    assert broken == []


def test_readme_code_runs(tmp_path: Path) -> None:
    """All Python blocks of the README, one after the other, as one script."""
    text = README.read_text() if README.exists() else ""
    blocks = [code for language, code in CODE.findall(text) if language == "python"]
    if not blocks:
        pytest.skip("README.md has no Python block")
    script = tmp_path / "readme.py"
    script.write_text("\n".join(blocks))
    result = subprocess.run(
        [sys.executable, str(script)],
        cwd=tmp_path,
        env={**os.environ, "MPLBACKEND": "Agg"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr


def documented(thing: object) -> bool:
    """True when it has a docstring of its own, or is a plain value."""
    if inspect.isclass(thing):
        doc = thing.__dict__.get("__doc__") or ""
        # What @dataclass writes when nobody else did.
        return bool(doc.strip()) and not doc.startswith(f"{thing.__name__}(")
    if callable(thing) or inspect.ismodule(thing):
        return bool((inspect.getdoc(thing) or "").strip())
    return True


def test_public_names_are_documented() -> None:
    package = importlib.import_module("buddyalloc")
    assert package.__all__, "buddyalloc.__all__ is empty"
    without = [n for n in package.__all__ if not documented(getattr(package, n))]
    assert without == []
