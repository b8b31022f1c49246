from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from buddyalloc.table import Table, format_number


@pytest.fixture
def table() -> Table:
    return Table(
        "Numbers",
        {"time_s": [0.0, 0.5], "blocks": np.arange(4).reshape(2, 2)},
        units={"time_s": "s"},
        labels={"blocks": ["order 0", "order 1"]},
        zone="DMA32",
    )


def test_columns_of_other_length() -> None:
    with pytest.raises(ValueError, match="differ in length"):
        Table("bad", {"a": [1], "b": [1, 2]})


def test_missing_column_names_the_others(table: Table) -> None:
    with pytest.raises(KeyError, match="time_s, blocks"):
        table["no"]


def test_columns_cannot_be_changed(table: Table) -> None:
    with pytest.raises(ValueError, match="read-only"):
        table["blocks"][0, 0] = 9
    assert table.rows == 2
    assert table.meta["zone"] == "DMA32"


def test_csv(table: Table, tmp_path: Path) -> None:
    table.to_csv(tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text() == (
        "time_s [s],blocks order 0,blocks order 1\n0.0,0,1\n0.5,2,3\n"
    )


def test_html_is_escaped() -> None:
    table = Table("<b>", {"<script>": np.array(["<i>"])})
    assert "<script>" not in table._repr_html_()
    assert "&lt;i&gt;" in table._repr_html_()


def test_numbers_as_people_read_them() -> None:
    assert format_number(1234567) == "1,234,567"
    assert format_number(0.125) == "0.125"
    assert format_number(float("nan")) == "-"
