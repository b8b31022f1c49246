from __future__ import annotations

import copy
import gzip
import lzma
import pickle
from pathlib import Path

import numpy as np
import pytest
from conftest import FIRST

import buddyalloc as ba
from buddyalloc import _core
from buddyalloc.events import (
    FRAME_STATES,
    HANDLE,
    HANDLE_STATES,
    LRU_LISTS,
    MIGRATETYPES,
    PFN32_NONE,
    RESULT_TEXTS,
)


@pytest.fixture(scope="module")
def recorded(trace: ba.Trace) -> ba.Machine:
    assert trace.state_start
    return ba.Machine.from_state_text(trace.state_start)


@pytest.mark.parametrize(
    ("memory", "options", "sentence"),
    [
        ("many", {}, "no size of memory"),
        (4097, {}, "4096"),
        ("0", {}, "memory"),
        ("64M", {"cpus": 0}, "CPU"),
        ("64M", {"profile": "5.4"}, "6.12L"),
        ("64M", {"settings": {"min_free_kbyte": 1}}, "min_free_kbytes"),
        ("64M", {"settings": {"watermark_scale_factor": 0}}, "1 to 3000"),
    ],
)
def test_bad_arguments(memory: str | int, options: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        ba.Machine(memory, **options)


def test_a_booted_machine() -> None:
    machine = ba.Machine("64M")
    assert machine.memory_bytes == (64 << 20) - 4096  # frame 0 is never used
    machine.check()
    pfn = machine.alloc_pages(ba.gfp_parse("GFP_KERNEL"))
    assert pfn is not None
    frames = machine.frames()
    assert FRAME_STATES[frames["state"][pfn]] == "used"
    machine.free_pages(pfn)
    machine.check()


def test_four_gigabytes() -> None:
    machine = ba.Machine("4G")
    assert machine.zone_names[:2] == ("DMA", "DMA32")
    free = sum(zone["free_pages_exact"] for zone in machine.zones())
    assert free * 4096 > 3.9 * 2**30
    machine.check()


def test_the_state_is_read_and_written_alike(
    recorded: ba.Machine, trace: ba.Trace, tmp_path: Path
) -> None:
    recorded.check()
    recorded.save_state(tmp_path / "state.txt")
    assert (tmp_path / "state.txt").read_bytes() == trace.state_start


@pytest.mark.parametrize("pack", [bytes, lzma.compress, gzip.compress])
def test_a_state_file_plain_or_compressed(
    recorded: ba.Machine, start_text: str, tmp_path: Path, pack: object
) -> None:
    path = tmp_path / "state"
    path.write_bytes(pack(start_text.encode()))  # type: ignore[operator]
    assert ba.Machine.from_state(path) == recorded


def replaced(old: str, new: str) -> object:
    def change(text: str) -> str:
        assert old in text
        return text.replace(old, new, 1)

    return change


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda text: "", "is empty"),
        (lambda text: "hello\n" + text, r":1: is no state file"),
        (lambda text: text[: len(text) // 2], "line \\d+.*"),
        (lambda text: text.replace("\nend\n", "\n"), "end"),
        (replaced(f"pcplist 0 1 {FIRST:x} ", "pcplist 0 1 e4b9 "), "line|frame"),
        (replaced("free 0 0 e4b9", "free 0 0 ffffff"), "frame|zone"),
        (replaced("nr_free 0 5", "nr_free 0 6"), "nr_free|6"),
    ],
)
def test_a_bad_state_names_file_and_fault(
    change: object, sentence: str, start_text: str, tmp_path: Path
) -> None:
    path = tmp_path / "bad.txt"
    path.write_text(change(start_text))  # type: ignore[operator]
    with pytest.raises((ba.TraceError, ba.StateError), match=sentence) as caught:
        ba.Machine.from_state(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_save_and_load(recorded: ba.Machine, tmp_path: Path) -> None:
    path = tmp_path / "machine.ba"
    recorded.save(path)
    assert ba.Machine.load(path) == recorded
    assert ba.Machine.from_state(path) == recorded
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(ba.TraceError, match=r"machine\.ba"):
        ba.Machine.load(path)


def test_copies_are_independent(recorded: ba.Machine) -> None:
    copies = [recorded.copy(), copy.copy(recorded), copy.deepcopy(recorded)]
    copies.append(pickle.loads(pickle.dumps(recorded)))
    for other in copies:
        assert type(other) is ba.Machine
        assert other == recorded
        other.alloc_pages(ba.gfp_parse("GFP_HIGHUSER_MOVABLE"))
        assert other != recorded


def test_frames_agree_with_the_free_lists(recorded: ba.Machine) -> None:
    frames, area = recorded.frames(), recorded.free_area()
    assert len(frames) == recorded.nr_frames
    heads = frames[
        (frames["state"] == FRAME_STATES.index("buddy")) & (frames["flags"] & 1 > 0)
    ]
    counted = np.zeros_like(area.counts)
    for zone in range(recorded.nr_zones):
        for order in range(11):
            for kind, name in enumerate(MIGRATETYPES):
                blocks = area.blocks(zone, order, name)
                counted[zone, order, kind] = len(blocks)
                assert (frames["order"][blocks.astype(int)] == order).all()
    assert (counted == area.counts).all()
    assert len(heads) == area.counts.sum()
    some = recorded.frames(FIRST, 2)
    assert FRAME_STATES[some["state"][0]] == "pcp"
    assert (some == frames[FIRST : FIRST + 2]).all()


def test_free_area_shows_itself(recorded: ba.Machine) -> None:
    area = recorded.free_area()
    assert area["DMA32"][10].sum() == area.counts[1, 10].sum() > 0
    assert "DMA32" in repr(area)
    assert "<table" in area._repr_html_()
    with pytest.raises(ValueError, match="DMA, DMA32"):
        area["Normal"]
    with pytest.raises(ValueError, match="Unmovable"):
        area.blocks("DMA", 0, "None")


def test_user_memory_comes_as_arrays() -> None:
    machine = ba.Machine("64M", settings={"swap": 65536})
    new = machine.fault_in(20_000)
    assert RESULT_TEXTS[new.result] == "ok"
    assert new.handles.shape == (20_000,)
    assert new.handles.dtype == np.uint32
    pages = machine.handles()
    assert pages.dtype == HANDLE
    swapped = pages[pages["state"] == HANDLE_STATES.index("swapped")]
    assert len(swapped) > 3000
    assert (machine.where(swapped["handle"]) == PFN32_NONE).all()
    resident = machine.where(pages["handle"]) != PFN32_NONE
    assert resident.sum() + len(swapped) == 20_000
    lists = [machine.lru_list(0, lru) for lru in range(len(LRU_LISTS))]
    assert sum(map(len, lists)) == resident.sum()
    assert machine.touch(swapped["handle"][:10]).failed == 0
    machine.release(pages["handle"])
    assert len(machine.handles()) == 0
    machine.check()


def test_a_broken_machine_names_the_invariant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("buddyalloc.machine._check", lambda m: "zone 0 DMA: B2 twice")
    with pytest.raises(ba.InternalError, match="zone 0 DMA: B2 twice"):
        ba.Machine("16M").check()


def test_reprs(recorded: ba.Machine) -> None:
    assert repr(recorded).startswith("<Machine 511 MiB, 1 CPU, 1 node, profile 6.1L")
    assert "DMA32" in recorded._repr_html_()


def test_a_32_bit_machine_keeps_its_zones(tmp_path: Path) -> None:
    machine = ba.Machine("1G", arch="i386", settings={"movablecore": 64 << 10})
    names = ("DMA", "Normal", "HighMem", "Movable")
    assert machine.arch == machine.config()["arch"] == "i386"
    assert machine.zone_names == names
    pfns = [machine.alloc_pages(gfp) for gfp in (0xCC0, 0x100CC2, 0x100CCA)]
    starts = [zone["start_pfn"] for zone in machine.zones()]
    assert [np.searchsorted(starts, pfn, "right") - 1 for pfn in pfns] == [1, 2, 3]
    machine.save(tmp_path / "machine")
    assert ba.Machine.load(tmp_path / "machine") == machine
    machine.save_state(tmp_path / "state.txt")
    other = ba.Machine.from_state(tmp_path / "state.txt")
    assert other.arch == "i386"
    assert other.zone_names == names
    assert other.state_text() == machine.state_text()
    assert other.zones() == machine.zones()
    other.check()


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
def test_every_item_of_a_profile_can_be_overridden(profile: str) -> None:
    layout = profile.removesuffix("L")
    kinds = ("GFP_HIGHUSER_MOVABLE", "GFP_KERNEL", "GFP_KERNEL|__GFP_RECLAIMABLE")
    own = ba.Machine("64M", profile=profile).profile_items()
    settings = [
        {item["name"]: value}
        for item in _core.profile_items()
        for value in range(item["min"], item["max"] + 1)
        if value != own[item["name"]] and item["name"] != "gfp_layout"
    ]
    assert len(settings) >= len(own) - 1
    for setting in settings:
        machine = ba.Machine("48M", profile=profile, settings=setting)
        rng = np.random.default_rng(1)
        live = []
        for order in np.minimum(rng.geometric(0.6, size=6000) - 1, 10).tolist():
            gfp = ba.gfp_parse(kinds[int(rng.integers(3))], layout)
            pfn = machine.alloc_pages(gfp, order) if rng.random() < 0.7 else None
            if pfn is not None:
                live.append((pfn, order))
            elif live:
                machine.free_pages(*live.pop(int(rng.integers(len(live)))))
        machine.check()
