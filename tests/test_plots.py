"""Every plot draws the table of its name, into the axes it is given."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator

import matplotlib.pyplot as plt
import pytest

import buddyalloc as ba
from buddyalloc import metrics, plots
from buddyalloc.events import MIGRATETYPES
from buddyalloc.plots import _style


@pytest.fixture(autouse=True)
def close() -> Iterator[None]:
    yield
    plt.close("all")


def test_plots_and_metrics_have_the_same_names() -> None:
    assert set(plots.__all__) <= set(metrics.__all__)
    for name in plots.__all__:
        parameters = list(inspect.signature(getattr(plots, name)).parameters)
        assert parameters[0] == "table"
        assert "ax" in parameters


@pytest.mark.parametrize("name", plots.__all__)
def test_axes_in_and_out(name: str, result: ba.Result) -> None:
    before = dict(plt.rcParams)
    table = getattr(metrics, name)(result)
    figure, ax = plt.subplots()
    assert getattr(plots, name)(table, ax=ax) is ax
    assert plt.get_fignums() == [figure.number]
    assert ax.get_title(loc="left")
    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert ax.has_data()
    figure.canvas.draw()
    assert dict(plt.rcParams) == before


@pytest.mark.parametrize("name", plots.__all__)
def test_without_axes_it_makes_its_own(name: str, result: ba.Result) -> None:
    assert not plt.get_fignums()
    ax = getattr(result.plot, name)()
    assert len(plt.get_fignums()) == 1
    ax.figure.canvas.draw()


@pytest.mark.parametrize("name", plots.__all__)
def test_a_replay_with_two_samples_only(name: str, trace: ba.Trace) -> None:
    short = ba.replay(trace, sample=0)
    getattr(short.plot, name)().figure.canvas.draw()


def test_the_accessor_parts_the_options(result: ba.Result) -> None:
    ax = result.plot.free_memory(zone="DMA", alpha=0.5)
    assert "DMA," in ax.get_title(loc="left")
    assert ax.collections[0].get_alpha() == 0.5
    with pytest.raises(ValueError, match="DMA, DMA32"):
        result.plot.pcp(zone="Normal")
    with pytest.raises(AttributeError, match="there are: fallbacks"):
        result.plot.pie()
    assert dir(result.plot) == sorted(plots.__all__)


def test_a_map_of_a_machine() -> None:
    ax = plots.memory_map(metrics.memory_map(ba.Machine("64M")))
    assert ax.images[0].get_array().shape == (1, 32, 4)


def test_the_data_are_drawn(result: ba.Result) -> None:
    table = metrics.pcp(result)
    line = plots.pcp(table).lines[0]
    assert (line.get_ydata() == table["pages"][:, 0]).all()


def test_every_migratetype_and_path_has_a_colour() -> None:
    assert set(_style.MIGRATETYPE_COLOURS) == set(MIGRATETYPES)
    assert set(_style.PATH_COLOURS) == {"all", *metrics.path_names()}
    for colours in (_style.MIGRATETYPE_COLOURS, _style.PATH_COLOURS):
        assert len(set(colours.values())) == len(colours)


def test_metrics_need_no_matplotlib() -> None:
    code = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "import buddyalloc as ba\n"
        "r = ba.replay(ba.datasets.load(), sample=0)\n"
        "assert ba.metrics.free_blocks(r).rows == 2\n"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
