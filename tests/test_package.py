"""The names of the package, and what importing it costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import buddyalloc as ba

PACKAGE = Path(ba.__file__).parent


def test_names() -> None:
    for name in ba.__all__:
        assert getattr(ba, name) is not None
        assert name in dir(ba)
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = ba.nothing


def test_import_is_light() -> None:
    code = (
        "import sys, buddyalloc\n"
        "for name in ('matplotlib', 'buddyalloc.plots', 'tqdm', 'pandas'):\n"
        "    assert name not in sys.modules, name\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def test_one_sentence_without_the_extension(tmp_path: Path) -> None:
    copy = tmp_path / "buddyalloc"
    copy.mkdir()
    (copy / "__init__.py").write_text((PACKAGE / "__init__.py").read_text())
    done = subprocess.run(
        [sys.executable, "-c", "import buddyalloc"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    last = done.stderr.strip().splitlines()[-1]
    assert last == ("ImportError: the C extension is not built: run `pip install -e .`")
