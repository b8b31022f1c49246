"""Slab events of a trace: observed, driven, left out."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from conftest import FIRST, USED, Recording, alloc, event

import buddyalloc as ba
from buddyalloc.__main__ import main

RECORDINGS = Path(
    os.environ.get("BUDDYALLOC_RECORDINGS")
    or Path(__file__).parent.parent.parent / "shared" / "recordings"
)
KEYS = (
    *("allocations", "frees", "unknown_frees", "same_slab", "same_address"),
    *("address_unknowable", "slab_pages", "slab_pages_exact"),
)
MODES = ("observed", "driven")


def recorded(name: str) -> ba.Trace:
    if not (RECORDINGS / name).is_dir():
        pytest.skip(f"no recording {RECORDINGS / name}")
    return ba.open(RECORDINGS / name)


def slab_lines(state: str) -> dict[str, list[str]]:
    """The slab records of a state, by the name of their cache."""
    lines: dict[str, list[str]] = {}
    names: dict[str, str] = {}
    name = ""
    for line in state.splitlines():
        words = line.split()
        if words[0] == "cache":
            name = names[words[1]] = words[2]
        if words[0] == "slab":
            name = names[words[4]]
        if words[0] == "slab" or (name and words[0] not in ("end", "slab")):
            lines.setdefault(name, []).append(line)
    return lines


@pytest.mark.parametrize("mode", MODES)
def test_a_recording_with_slab_states(mode: str) -> None:
    trace = recorded("61-slabmix")
    result = ba.replay(trace, slab=mode)
    slab = result.slab
    assert slab is not None
    assert slab.allocations == 137_937
    assert slab.unchecked == slab.unknown_frees == slab.slab_pages_extra == 0
    assert slab.same_slab == slab.allocations
    assert slab.same_address + slab.address_unknowable == slab.allocations
    assert slab.address_unknowable < 0.01 * slab.allocations
    assert slab.slab_pages == slab.slab_pages_exact == 1639
    assert slab.first_mismatch_line is None
    assert result.score.exact == result.score.allocations
    assert result.end_state is not None
    assert result.end_state.identical
    assert trace.state_end is not None
    end = slab_lines(trace.state_end.decode())
    model = slab_lines(result.machine.state_text().decode())
    assert len(end) == 146
    # Its objects come and go in bulk calls, of which no event tells.
    assert [name for name in end if model[name] != end[name]] == ["maple_node"]
    result.machine.check()


@pytest.mark.parametrize("mode", MODES)
def test_a_recording_without_slab_states(mode: str) -> None:
    result = ba.replay(recorded("612-slabmix"), slab=mode, standard=True)
    slab = result.slab
    assert slab is not None
    assert slab.allocations > 90_000
    assert slab.same_slab >= 0.99 * slab.allocations
    assert slab.slab_pages_exact >= 0.99 * slab.slab_pages
    assert slab.slab_pages_extra == 0
    assert result.score.exact == result.score.allocations
    facts = dict(result.facts())
    assert facts["of unknown slabs"].startswith(f"{slab.unchecked:,} allocations")
    result.machine.check()


def test_the_default_is_observed(capsys: pytest.CaptureFixture[str]) -> None:
    recorded("61-slabmix")
    assert main(["replay", str(RECORDINGS / "61-slabmix"), "--json", "-"]) == 0
    slab = json.loads(capsys.readouterr().out)["slab"]
    assert tuple(slab) == KEYS
    assert all(isinstance(value, int) for value in slab.values())
    assert slab["same_slab"] == slab["allocations"]


# A small scene on the state of the package, which has no slab caches.


@pytest.fixture
def address(start_text: str) -> Callable[[int, int], int]:
    """The kernel address of a byte of a frame."""
    offset = re.search(r"page_offset ([0-9a-f]+)", start_text)
    assert offset
    base = int(offset[1], 16)
    return lambda pfn, byte: base + (pfn << 12) + byte


def kmalloc(ptr: int, size: int = 512) -> str:
    return event(
        f"kmalloc: call_site=f ptr={ptr:016x} bytes_req={size} bytes_alloc=512 "
        "gfp_flags=GFP_KERNEL node=-1 accounted=false"
    )


def kfree(ptr: int) -> str:
    return event(f"kfree: call_site=f ptr={ptr:016x}")


@pytest.fixture
def scene(recording: Recording, address: Callable[[int, int], int]) -> Path:
    """An object of an old slab, then a new slab, then the old one again."""
    old = address(USED, 512)
    return recording(
        kmalloc(old)
        + alloc(FIRST)
        + kmalloc(address(FIRST, 1024))
        + kmalloc(address(FIRST, 0))
        + kfree(old)
        + kfree(address(FIRST, 1024))
        + kmalloc(address(FIRST, 1024))
        + kfree(address(0x20, 0))
    )


@pytest.mark.parametrize("mode", [None, *MODES])
def test_caches_are_known_from_their_first_slab(scene: Path, mode: str | None) -> None:
    slab = ba.replay(ba.open(scene), slab=mode).slab
    assert slab is not None
    assert asdict(slab) == {
        "allocations": 3,
        "unchecked": 1,
        "frees": 2,
        "unknown_frees": 0,
        "same_slab": 3,
        "same_address": 1,
        "address_unknowable": 2,
        "slab_pages": 1,
        "slab_pages_exact": 1,
        "slab_pages_extra": 0,
        "silent_objects": 0,
        "reordered": 0,
        "first_mismatch_line": None,
    }
    assert slab.same_slab_share == 1.0


def test_slab_events_left_out(scene: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = ba.replay(ba.open(scene), slab="off")
    assert result.slab is None
    assert result.options["slab"] == "off"
    assert main(["replay", str(scene), "--slab", "off", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["slab"] is None
    assert main(["replay", str(scene)]) == 0
    out = capsys.readouterr().out
    assert re.search(r"^same slab +all 3$", out, re.M)
    assert re.search(r"^addresses +1 same, 2 unknowable$", out, re.M)
    assert re.search(r"^of unknown slabs +1 allocations, 0 frees$", out, re.M)


def test_a_trace_without_slab_events(trace: ba.Trace) -> None:
    assert trace.slab_events == 0
    result = ba.replay(trace)
    assert result.slab is None
    assert "same slab" not in dict(result.facts())


def test_another_object_is_a_mismatch(
    recording: Recording, address: Callable[[int, int], int]
) -> None:
    folder = recording(
        alloc(FIRST)
        + kmalloc(address(FIRST, 1024))
        + kfree(address(FIRST, 1024))
        + kmalloc(address(FIRST, 512))
    )
    slab = ba.replay(ba.open(folder)).slab
    assert slab is not None
    assert (slab.allocations, slab.same_slab, slab.same_address) == (2, 2, 0)
    assert slab.first_mismatch_line == 4


@pytest.mark.parametrize("mode", ["seen", ""])
def test_modes_that_do_not_exist(trace: ba.Trace, mode: str) -> None:
    with pytest.raises(ValueError, match="observed, driven, off"):
        ba.replay(trace, slab=mode)


@pytest.mark.parametrize("mode", MODES)
def test_hashed_addresses(recording: Recording, mode: str) -> None:
    folder = recording(
        kmalloc(0x1234)
        + event(
            f"mm_page_alloc: page=0 pfn={FIRST:#x} order=0 migratetype=0 "
            "gfp_flags=GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY"
        )
        + kmalloc(0x5678)
        + kfree(0x5678)
        + kfree(0x9ABC)
    )
    slab = ba.replay(ba.open(folder), slab=mode).slab
    assert slab is not None
    assert (slab.allocations, slab.unchecked, slab.frees) == (0, 2, 2)
    driven = mode == "driven"
    assert slab.slab_pages == slab.slab_pages_exact == driven
    assert slab.unknown_frees == (1 if driven else 2)
