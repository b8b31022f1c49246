"""buddyalloc/_core.pyi says what the compiled core has."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np

from buddyalloc import _core

# A C type has __buffer__ from Python 3.12 on; the stub has it always, so that
# type checkers take Records and Memory for buffers.
ALLOWED = r"buddyalloc\._core\.(Records|Memory)\.__(release_)?buffer__" + "\n"


def test_stubtest(tmp_path: Path) -> None:
    (tmp_path / "allowed").write_text(ALLOWED)
    command = [sys.executable, "-m", "mypy.stubtest", "buddyalloc._core"]
    command += ["--allowlist", "allowed", "--ignore-unused-allowlist"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_public_thing_has_a_docstring() -> None:
    missing = []
    for name, value in vars(_core).items():
        if name.startswith("_") or not (callable(value) or isinstance(value, type)):
            continue
        if not value.__doc__:
            missing.append(name)
        for member, inner in vars(value).items() if isinstance(value, type) else ():
            if not member.startswith("_") and not inner.__doc__:
                missing.append(f"{name}.{member}")
    assert missing == []


def test_field_lists_are_the_layout_of_the_records() -> None:
    machine = _core.Machine(64 << 20)
    replay = _core.Replay(machine, sample_events=1)
    reader = _core.TraceReader()
    events, lines = reader.take()
    for records, fields in (
        (events, _core.EVENT_FIELDS),
        (replay.outcomes(), _core.OUTCOME_FIELDS),
        (replay.fallbacks(), _core.FALLBACK_FIELDS),
        (replay.samples()[0], _core.SAMPLE_FIELDS),
        (machine.frames(), _core.FRAME_FIELDS),
        (machine.pageblocks(), _core.PAGEBLOCK_FIELDS),
        (machine.handles(), _core.HANDLE_FIELDS),
    ):
        assert np.asarray(records).dtype == np.dtype(list(fields))
        assert records.itemsize == np.dtype(list(fields)).itemsize
    assert np.asarray(lines).dtype == np.uint32
