from __future__ import annotations

import pytest

from buddyalloc import doctor
from buddyalloc.__main__ import main


def test_all_is_well(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["doctor"]) == 0
    out = capsys.readouterr().out
    assert "83,714 of 83,714 allocations exact, end state identical" in out
    assert "BAD" not in out
    assert "this kernel" in out


def test_a_missing_recording_is_a_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(name: str) -> None:
        raise ValueError(f"no recording {name!r}")

    monkeypatch.setattr("buddyalloc.datasets.load", missing)
    assert main(["doctor"]) == 1
    assert "BAD   recording" in capsys.readouterr().out


def test_records_of_another_size_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buddyalloc._core.EVENT_SIZE", 40)
    marks = {finding.name: finding.mark for finding in doctor.examine()}
    assert marks["C extension"] == "BAD"
