"""Every notebook runs from top to bottom, and none stores what it printed."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

import buddyalloc as ba

DRAWS = re.compile(r"\.plot\.|^ba\.plots\.|plt\.subplots", re.MULTILINE)
"""Found in the cells that show a figure."""
NOTEBOOKS = sorted((Path(__file__).parent.parent / "notebooks").glob("*.ipynb"))


def test_there_are_notebooks() -> None:
    assert [path.name for path in NOTEBOOKS][:1] == ["01_first_replay.ipynb"]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_no_outputs_are_stored(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code, "a notebook without code"
    assert [cell.id for cell in code if cell.outputs or cell.execution_count] == []
    assert len(notebook.cells) <= 30
    assert path.stat().st_size <= 20_000


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_only_public_names(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Attribute):
                assert not node.attr.startswith("_")
                if isinstance(node.value, ast.Name) and node.value.id == "ba":
                    assert node.attr in ba.__all__


@pytest.mark.filterwarnings("default")
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook_runs(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MPLBACKEND", raising=False)  # figures in the notebook
    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(
        notebook,
        timeout=60,
        kernel_name="python3",
        resources={"metadata": {"path": str(tmp_path)}},
    )
    client.execute()  # a cell that raises ends the test
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    drawn = [
        any("image/png" in output.get("data", {}) for output in cell.outputs)
        for cell in code
    ]
    assert drawn == [bool(DRAWS.search(cell.source)) for cell in code]
    assert code[-1].outputs, "the last cell shows something"
