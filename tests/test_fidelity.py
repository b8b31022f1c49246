"""The fidelity table: rows say what the scores say, and README.md has it."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def fidelity() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "fidelity", ROOT / "tools" / "fidelity.py"
    )
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def score(exact: int, identical: int) -> dict[str, Any]:
    return {
        "kernel": "6.1.192",
        "allocations": 200_000,
        "exact": exact,
        "end_state": {
            "free_lists": 60,
            "free_lists_identical": identical,
            "pcp_lists": 10,
            "pcp_lists_identical": 10,
            "pageblocks": 256,
            "pageblocks_identical": 256,
        },
    }


def test_percent_is_never_rounded_up(fidelity: ModuleType) -> None:
    assert fidelity.percent(200_000, 200_000) == "100 %"
    assert fidelity.percent(199_999, 200_000) == "99.999 %"
    assert fidelity.percent(9_999_999, 10_000_000) == "99.999 %"
    assert fidelity.percent(0, 0) == "-"


def test_row(fidelity: ModuleType) -> None:
    assert fidelity.row("61-mix", score(200_000, 60), score(199_900, 3)) == (
        "| `61-mix` | 6.1.192 | 200,000 | 100 % | 99.950 % "
        "| 60 of 60 | 10 of 10 | 256 of 256 |\n"
    )
    assert "| not replayed | 99.950 % |  |" in fidelity.row(
        "61-mix", None, score(199_900, 3)
    )
    assert fidelity.row("x", None, None).startswith("| `x` | | | not replayed |")


def test_rows_survive_a_partial_run(fidelity: ModuleType) -> None:
    one = fidelity.row("61-mix", score(200_000, 60), None)
    two = fidelity.row("61-thp", None, None)
    slab = {
        "allocations": 1000,
        "same_slab": 999,
        "same_address": 900,
        "address_unknowable": 10,
        "slab_pages": 7,
        "slab_pages_exact": 7,
    }
    driven = fidelity.slab_row("61-mix", "driven", {"slab": slab})
    observed = fidelity.slab_row("61-mix", "observed", {"slab": slab})
    assert (
        observed == "| `61-mix`, observed | 1,000 | 99.900 % | 900 | 10 | 7 | 100 % |\n"
    )
    rows = {("61-mix", ""): one, ("61-thp", ""): two}
    assert fidelity.tables_of(rows) == fidelity.HEAD + one + two
    assert fidelity.rows_of(fidelity.tables_of(rows)) == rows
    rows |= {("61-mix", "driven"): driven, ("61-mix", "observed"): observed}
    both = f"{fidelity.HEAD}{one}{two}\n{fidelity.SLAB_HEAD}{observed}{driven}"
    assert fidelity.tables_of(rows) == both
    assert fidelity.rows_of(both) == rows


def test_readme_has_the_marks_and_a_table(fidelity: ModuleType) -> None:
    _, table, _ = fidelity.split((ROOT / "README.md").read_text())
    assert table.startswith(fidelity.HEAD)


def test_missing_marks_are_an_error(fidelity: ModuleType) -> None:
    with pytest.raises(ValueError, match="not both there"):
        fidelity.split("# buddyalloc\n")


def test_only_recordings_with_states_are_taken(
    fidelity: ModuleType, tmp_path: Path
) -> None:
    for name in (
        "a/trace.txt.xz",
        "a/state.start.txt.xz",
        "a/state.end.txt",
        "b/trace.txt",
    ):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.touch()
    assert [path.name for path in fidelity.recordings(tmp_path)] == ["a"]
