"""report.html stands by itself."""

from __future__ import annotations

import base64
import csv
import re
from html.parser import HTMLParser
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
from conftest import FIRST, Recording, alloc

import buddyalloc as ba
from buddyalloc import plots
from buddyalloc.files import InputError
from buddyalloc.report import CAPTIONS, write_report

VOID = {"meta", "img", "br"}


class Balance(HTMLParser):
    """Counts the figures and checks that what is opened is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[str] = []
        self.sources: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.stack.append(tag)
        self.sources += [v or "" for k, v in attrs if k in ("src", "href")]

    def handle_endtag(self, tag: str) -> None:
        assert self.stack.pop() == tag


@pytest.fixture(scope="module")
def folder(result: ba.Result, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_report(result, tmp_path_factory.mktemp("report") / "new").parent


def test_every_plot_has_a_caption() -> None:
    single_blocks = {"frame_map", "free_lists"}  # too fine for a whole machine
    single_blocks |= {"slab_map"}
    no_replay_has = {"vmalloc_pages", "vmap_areas"}
    assert set(CAPTIONS) == set(plots.__all__) - single_blocks - no_replay_has


def test_slabs_are_shown_where_there_are_some(
    trace: ba.Trace, folder: Path, tmp_path: Path
) -> None:
    assert not (folder / "slab_caches.png").exists()
    result = ba.replay(trace, sample=0)
    result.machine.kmalloc_bulk([100, 200])
    text = write_report(result, tmp_path).read_text()
    assert (tmp_path / "slab_caches.png").exists()
    assert (tmp_path / "slab_kmalloc.csv").exists()
    assert "<h2>kmalloc by size class</h2>" in text


def test_it_refers_to_nothing_outside(folder: Path) -> None:
    parser = Balance()
    text = (folder / "report.html").read_text()
    parser.feed(text)
    assert parser.stack == []
    assert len(parser.sources) == len(list(folder.glob("*.png"))) >= 8
    for source in parser.sources:
        head, _, data = source.partition(",")
        assert head == "data:image/png;base64"
        assert base64.b64decode(data).startswith(b"\x89PNG")
    assert not re.search(r"https?://|@import|<script", text)
    assert "prefers-color-scheme: dark" in text


def test_what_it_says(folder: Path, result: ba.Result) -> None:
    text = (folder / "report.html").read_text()
    assert "83,714 of 83,714" in text
    assert "watermark_scale_factor" in text
    assert "NumPy" in text
    assert "DMA32" in text


def test_tables(folder: Path, result: ba.Result) -> None:
    rows = list(csv.reader((folder / "free_blocks.csv").read_text().splitlines()))
    assert rows[0][:3] == ["time_s [s]", "event", "blocks order 0"]
    assert len(rows) == 1 + len(result.samples)


def test_no_figure_stays_open(folder: Path) -> None:
    assert plt.get_fignums() == []


def test_names_are_escaped(recording: Recording, tmp_path: Path) -> None:
    folder = recording(alloc(FIRST)).rename(tmp_path / "<b>&")
    report = write_report(ba.replay(ba.open(folder)), tmp_path / "out")
    assert "Replay of &lt;b&gt;&amp;" in report.read_text()


def test_a_folder_that_cannot_be(result: ba.Result) -> None:
    with pytest.raises(InputError, match="cannot be made"):
        write_report(result, Path(__file__) / "out")
