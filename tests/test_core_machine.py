"""csrc/py/py_machine*.c: the type Machine, alone."""

from __future__ import annotations

import copy
import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from buddyalloc import _core

GFP_KERNEL = 0xCC0
GFP_HIGHUSER_MOVABLE = 0x100CCA
MIB = 1 << 20
UNMOVABLE, MOVABLE = 0, 1


@pytest.fixture
def machine() -> _core.Machine:
    return _core.Machine(64 * MIB)


def used_machine() -> tuple[_core.Machine, list[int]]:
    """One with frames in use, on per-CPU lists and on the buddy lists."""
    machine = _core.Machine(64 * MIB)
    pfns = [machine.alloc_pages(GFP_KERNEL, order) for order in (0, 3, 1, 0, 5)]
    assert None not in pfns
    return machine, [pfn for pfn in pfns if pfn is not None]


# Bad arguments first.


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: _core.Machine(), TypeError, "memory_bytes"),
        (lambda: _core.Machine("4G"), TypeError, "memory_bytes must be an integer"),
        (lambda: _core.Machine(1.5), TypeError, "must be an integer, not 1.5"),
        (lambda: _core.Machine(0), ValueError, "positive multiple of 4096, not 0"),
        (lambda: _core.Machine(-4096), ValueError, r"within 0\.\..*not -4096"),
        (lambda: _core.Machine(4097), ValueError, "multiple of 4096, not 4097"),
        (lambda: _core.Machine(1 << 80), ValueError, str(1 << 80)),
        (lambda: _core.Machine(1 << 62), ValueError, "give 64 .*16 TiB"),
        (lambda: _core.Machine(64 * MIB, 2), TypeError, "positional"),
        (lambda: _core.Machine(64 * MIB, cpus=0), ValueError, "0"),
        (lambda: _core.Machine(64 * MIB, cpus=65), ValueError, "65"),
        (lambda: _core.Machine(64 * MIB, nodes=17), ValueError, "17"),
        (lambda: _core.Machine(64 * MIB, colour=1), TypeError, "colour"),
        (lambda: _core.Machine(64 * MIB, profile="5.4"), ValueError, "'5.4'.*6.12L"),
        (lambda: _core.Machine(64 * MIB, profile=7), TypeError, "mapping"),
        (lambda: _core.Machine(64 * MIB, arch="arm"), ValueError, "x86_64 and i386"),
        (lambda: _core.Machine(64 * MIB, arch=32), TypeError, "str"),
        (lambda: _core.Machine(1 << 37, arch="i386"), ValueError, "64 GiB"),
        (lambda: _core.Machine(64 * MIB, settings=7), TypeError, "mapping.*7"),
        (lambda: _core.Machine(64 * MIB, settings={1: 2}), TypeError, "str, not 1"),
        (
            lambda: _core.Machine(64 * MIB, settings={"min_free_kbytes": "many"}),
            TypeError,
            "min_free_kbytes must be an integer, not 'many'",
        ),
        (
            lambda: _core.Machine(64 * MIB, settings={"min_free_kbyte": 1}),
            ValueError,
            "min_free_kbytes",
        ),
        (
            lambda: _core.Machine(64 * MIB, settings={"watermark_scale_factor": 0}),
            ValueError,
            "watermark_scale_factor",
        ),
        (
            lambda: _core.Machine(64 * MIB, settings={"min_free_kbytes": 1 << 70}),
            ValueError,
            "min_free_kbytes",
        ),
    ],
)
def test_bad_construction(
    call: Callable[[], Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: m.alloc_pages(), TypeError, "needs the argument 'gfp'"),
        (lambda m: m.alloc_pages(None), TypeError, "gfp must be an integer"),
        (lambda m: m.alloc_pages("GFP_LUNCH"), ValueError, "'GFP_LUNCH' has a flag"),
        (lambda m: m.alloc_pages("GFP_DMA|GFP_DMA32"), ValueError, "no single zone"),
        (lambda m: m.alloc_pages(-1), ValueError, "gfp must be within 0..4294967295"),
        (lambda m: m.alloc_pages(1 << 32), ValueError, "not 4294967296"),
        (lambda m: m.alloc_pages(0x5), ValueError, "gfp 0x5 names no single zone"),
        (lambda m: m.alloc_pages(0x18), ValueError, "__GFP_RECLAIMABLE"),
        (lambda m: m.alloc_pages(GFP_KERNEL, -1), ValueError, "order must be within"),
        (lambda m: m.alloc_pages(GFP_KERNEL, 256), ValueError, "not 256"),
        (lambda m: m.alloc_pages(GFP_KERNEL, 0, 0), TypeError, "at most 2 positional"),
        (lambda m: m.alloc_pages(GFP_KERNEL, cpu=1), ValueError, "cpu must be within"),
        (lambda m: m.alloc_pages(GFP_KERNEL, node=1), ValueError, "node 1 has no"),
        (lambda m: m.alloc_pages(GFP_KERNEL, node=99), ValueError, "not 99"),
        (lambda m: m.alloc_pages(GFP_KERNEL, size=1), TypeError, "keyword.*'size'"),
        (lambda m: m.alloc_pages(GFP_KERNEL, gfp=1), TypeError, "'gfp' twice"),
        (lambda m: m.alloc_pages_bulk(GFP_KERNEL), TypeError, "needs.*'nr'"),
        (lambda m: m.alloc_pages_bulk(GFP_KERNEL, -1), ValueError, "nr must be"),
        (lambda m: m.alloc_pages_bulk(GFP_KERNEL, 1 << 30), ValueError, "within"),
        (lambda m: m.free_pages(-1), ValueError, "pfn must be within"),
        (lambda m: m.free_pages(1 << 32), ValueError, "not 4294967296"),
        (lambda m: m.free_pages(5000, 11), ValueError, "order must be within 0..10"),
        (lambda m: m.free_pages(5000, cpu=3), ValueError, "cpu"),
        (lambda m: m.free_pages_list(5), TypeError, "sequence of integers"),
        (lambda m: m.free_pages_list([1, "x"]), TypeError, "each of pfns"),
        (lambda m: m.free_pages_list([-1]), ValueError, "not -1"),
        (lambda m: m.free_pages_list(np.zeros(2)), TypeError, "format 'd'"),
        (lambda m: m.free_pages_list(b"abcd"), TypeError, "4 or 8 bytes"),
        (lambda m: m.free_pages_list(np.array([-1])), ValueError, r"pfns\[0\]"),
        (lambda m: m.split_page(5000), TypeError, "needs.*'order'"),
        (lambda m: m.drain_pages(1), ValueError, "cpu"),
        (lambda m: m.drain_all_pages(1), TypeError, "at most 0"),
        (lambda m: m.frames(1 << 40), ValueError, "first"),
        (lambda m: m.frames(0, 1 << 40), ValueError, "count"),
        (lambda m: m.free_list(9, 0, 0), ValueError, "zone"),
        (lambda m: m.free_list(0, 11, 0), ValueError, "order"),
        (lambda m: m.free_list(0, 0, 5), ValueError, "migratetype"),
        (lambda m: m.pcp_list(0, 0, 14), ValueError, "index"),
        (lambda m: m.pcp(1, 0), ValueError, "cpu"),
        (lambda m: m.pcp(0, 9), ValueError, "zone"),
        (lambda m: hash(m), TypeError, "unhashable"),
        (lambda m: m < m, TypeError, "not supported"),
        (lambda m: setattr(m, "nr_cpus", 2), AttributeError, "nr_cpus"),
        (lambda m: setattr(type(m), "x", 2), TypeError, "immutable"),
    ],
)
def test_bad_arguments_change_nothing(
    machine: _core.Machine,
    call: Callable[[_core.Machine], Any],
    error: type[Exception],
    words: str,
) -> None:
    before = machine.copy()
    with pytest.raises(error, match=words):
        call(machine)
    assert machine == before


# Frames that cannot be freed: the message names frame, state and remedy.


def test_free_outside_every_zone(machine: _core.Machine) -> None:
    with pytest.raises(_core.FrameError, match=r"0xf4240: it lies outside.*zones"):
        machine.free_pages(1_000_000)


def test_free_of_a_free_block(machine: _core.Machine) -> None:
    (head, *_) = machine.free_list(machine.nr_zones - 1, 10, MOVABLE)
    words = rf"{head + 8:#x}.*order 10 at {head:#x}"
    with pytest.raises(_core.FrameError, match=words):
        machine.free_pages(head + 8)


def test_double_free_and_wrong_order() -> None:
    machine, (page, block, *_) = used_machine()
    before = machine.copy()
    with pytest.raises(_core.FrameError, match=rf"{block:#x} as a block of order 2"):
        machine.free_pages(block, 2)
    with pytest.raises(_core.FrameError, match="multiple of 8"):
        machine.free_pages(block + 1, 3)
    assert machine == before
    machine.free_pages(page)
    with pytest.raises(_core.FrameError, match=rf"{page:#x}.*free already.*per-CPU"):
        machine.free_pages(page)
    assert machine.check() is None


def test_a_list_with_a_bad_frame_frees_nothing() -> None:
    machine, (page, block, *_) = used_machine()
    before = machine.copy()
    for bad in ([page, page], [page, block], [page, 1_000_000]):
        with pytest.raises(_core.FrameError, match=f"{bad[1]:#x}"):
            machine.free_pages_list(bad)
        assert machine == before


def test_errors_are_of_two_families() -> None:
    assert issubclass(_core.FrameError, (_core.BuddyallocError, ValueError))
    for error in (_core.FrameError, _core.StateError, _core.TraceError):
        assert issubclass(error, _core.BuddyallocError)
        assert issubclass(error, ValueError)
    assert issubclass(_core.InternalError, _core.BuddyallocError)
    assert issubclass(_core.InternalError, RuntimeError)
    assert _core.FrameError.__module__ == "buddyalloc"


# Construction.


def test_a_booted_machine(machine: _core.Machine) -> None:
    assert machine.nr_cpus == machine.nr_nodes == 1
    assert machine.nr_frames == 64 * MIB // 4096
    assert machine.profile == "6.1L"
    assert machine.kernel is None
    assert machine.recorded() is None
    assert machine.check() is None
    zones = machine.zones()
    assert [zone["id"] for zone in zones] == list(range(machine.nr_zones))
    assert sum(zone["present"] for zone in zones) * 4096 == machine.memory_bytes
    for zone in zones:
        assert zone["name"] == _core.ZONE_TYPES[machine.arch][zone["index"]]
        assert zone["min"] <= zone["low"] <= zone["high"]
        blocks = zone["nr_free"]
        assert sum(n << order for order, n in enumerate(blocks)) == zone["managed"]


def test_settings_and_profiles_reach_the_machine() -> None:
    settings = {"watermark_scale_factor": 100, "thp_lists": 1}
    machine = _core.Machine(64 * MIB, cpus=2, profile="6.12L", settings=settings)
    assert machine.config()["watermark_scale_factor"] == 100
    assert machine.profile_items()["thp_lists"] == 1
    assert machine.profile == "custom"
    assert machine.nr_cpus == 2
    items = _core.profile_by_name("6.12.0")
    assert _core.Machine(64 * MIB, profile=items).profile == "6.12.0"
    shared = _core.Machine(64 * MIB, shared=True)
    assert shared.shared
    assert shared.alloc_pages(GFP_KERNEL) is not None


# Allocation.


def test_alloc_and_free_give_the_same_state_back() -> None:
    machine = _core.Machine(64 * MIB)
    start = machine.copy()
    pfns = {order: machine.alloc_pages(GFP_KERNEL, order) for order in range(11)}
    assert machine != start
    for order, pfn in pfns.items():
        assert pfn is not None
        assert pfn % (1 << order) == 0
        machine.free_pages(pfn, order)
    machine.drain_all_pages()
    free = np.asarray(machine.sample())["free_pages"]
    assert free.tolist() == np.asarray(start.sample())["free_pages"].tolist()
    assert machine.check() is None


def test_outcomes_tell_the_path(machine: _core.Machine) -> None:
    steps = [name for name, _, _ in _core.STEPS]
    first = machine.alloc_pages_outcome(GFP_KERNEL)
    second = machine.alloc_pages_outcome(GFP_KERNEL)
    taken = {name for i, name in enumerate(steps) if first.path >> i & 1}
    assert {"PCP_HIT", "PCP_REFILL", "SPLIT"} <= taken
    assert [n for i, n in enumerate(steps) if second.path >> i & 1] == ["PCP_HIT"]
    assert second.latency_ns == dict((n, ns) for n, ns, _ in _core.STEPS)["PCP_HIT"]
    assert second.split_order is None
    assert (first.order, first.migratetype, first.result) == (0, UNMOVABLE, 0)
    assert first.zone == machine.nr_zones - 1


def test_no_memory_is_a_result_and_no_error(machine: _core.Machine) -> None:
    while machine.alloc_pages(GFP_KERNEL, 10) is not None:
        pass
    outcome = machine.alloc_pages_outcome(GFP_KERNEL, 10)
    assert outcome.pfn is None
    assert outcome.zone is None
    assert _core.RESULTS[outcome.result][0].startswith("NOMEM")
    too_large = machine.alloc_pages_outcome(GFP_KERNEL, 11)
    assert _core.RESULTS[too_large.result][0] == "TOO_LARGE"
    assert machine.check() is None


@pytest.mark.parametrize(
    "form",
    [
        lambda records: records,
        lambda records: np.asarray(records),
        lambda records: np.asarray(records).astype(np.int64),
        lambda records: np.asarray(records).tolist(),
        lambda records: tuple(np.asarray(records).tolist()),
    ],
)
def test_bulk_and_list_in_any_form(
    machine: _core.Machine, form: Callable[[_core.Records], Any]
) -> None:
    records = machine.alloc_pages_bulk(GFP_KERNEL, 40)
    pfns = np.asarray(records)
    assert pfns.dtype == np.uint32
    assert len(set(pfns.tolist())) == len(records) == 40
    machine.free_pages_list(form(records))
    assert machine.pcp_list(0, machine.nr_zones - 1, 0)[0] == pfns[-1]
    assert machine.check() is None


def test_split_page() -> None:
    machine, (_, block, *_) = used_machine()
    machine.split_page(block, 3)
    machine.free_pages_list(range(block, block + 8))
    with pytest.raises(_core.FrameError):
        machine.split_page(block, 3)
    assert machine.check() is None


def test_each_cpu_has_its_own_lists() -> None:
    machine = _core.Machine(64 * MIB, cpus=2)
    zone = machine.nr_zones - 1
    pfn = machine.alloc_pages(GFP_KERNEL, cpu=1)
    assert pfn is not None
    assert machine.pcp(0, zone)["count"] == 0
    count = machine.pcp(1, zone)["count"]
    assert count == len(machine.pcp_list(1, zone, 0)) > 0
    machine.free_pages(pfn, cpu=0)
    assert machine.pcp_list(0, zone, 0) == [pfn]
    machine.drain_pages(1)
    assert machine.pcp(1, zone)["count"] == 0
    assert machine.pcp(0, zone)["count"] == 1
    assert np.asarray(machine.sample())["pcp_pages"].shape == (machine.nr_zones, 2)


# Views.


def test_frames_agree_with_the_lists() -> None:
    machine, pfns = used_machine()
    frames = np.asarray(machine.frames())
    assert frames.dtype == np.dtype(list(_core.FRAME_FIELDS))
    assert frames.shape == (machine.nr_frames,)
    buddy = _core.PROBE_STATES.index("buddy")
    for zone in range(machine.nr_zones):
        for order in range(_core.NR_ORDERS):
            for migratetype in range(_core.NR_MIGRATETYPES):
                for pfn in machine.free_list(zone, order, migratetype):
                    block = frames[pfn : pfn + (1 << order)]
                    assert (block["state"] == buddy).all()
                    assert (block["order"] == order).all()
                    assert (block["zone"] == zone).all()
                    assert block["flags"][0] & _core.FRAME_HEAD
    used = _core.PROBE_STATES.index("used")
    assert (frames["state"][pfns] == used).all()
    assert frames[0]["state"] == _core.PROBE_STATES.index("hole")
    part = np.asarray(machine.frames(100, 50))
    assert (part == frames[100:150]).all()
    assert len(machine.frames(machine.nr_frames)) == 0


def test_sample_and_pageblocks_agree() -> None:
    machine, _ = used_machine()
    sample = np.asarray(machine.sample())
    blocks = np.asarray(machine.pageblocks())
    assert blocks.dtype == np.dtype(list(_core.PAGEBLOCK_FIELDS))
    for zone, row in enumerate(sample):
        for order in range(_core.NR_ORDERS):
            for migratetype in range(_core.NR_MIGRATETYPES):
                listed = machine.free_list(zone, order, migratetype)
                assert row["free_blocks"][order, migratetype] == len(listed)
        types = np.bincount(blocks["migratetype"][blocks["zone"] == zone], minlength=5)
        assert types.tolist() == row["pageblocks"].tolist()
        assert row["pcp_pages"].tolist() == [machine.pcp(0, zone)["count"]]


def test_records_are_read_only_and_keep_their_memory(machine: _core.Machine) -> None:
    array = np.asarray(machine.frames())
    with pytest.raises(ValueError, match="read-only"):
        array["state"] = 0
    with pytest.raises(TypeError, match="read-only"):
        memoryview(machine.alloc_pages_bulk(GFP_KERNEL, 2)).cast("B")[0] = 1
    records = machine.sample()
    assert records.shape == (machine.nr_zones,)
    assert records.nbytes == records.itemsize * len(records)
    assert memoryview(records).format == records.format
    with pytest.raises(TypeError, match="cannot create"):
        type(records)()


# Copies and files.


def test_copies_are_equal_and_independent() -> None:
    machine, (page, *_) = used_machine()
    for twin in (
        machine.copy(),
        copy.copy(machine),
        copy.deepcopy(machine),
        pickle.loads(pickle.dumps(machine)),
        _core.Machine._load(machine.save()),
    ):
        assert twin == machine
        assert not twin != machine
        assert twin.state_hash() == machine.state_hash()
        assert twin.save() == machine.save()
        twin.free_pages(page)
        assert twin != machine
        assert twin.state_hash() != machine.state_hash()
    assert machine.check() is None
    assert machine != 5


def test_subclasses_stay_subclasses(machine: _core.Machine) -> None:
    class Own(_core.Machine):
        pass

    own = Own(64 * MIB)
    own.name = "mine"  # type: ignore[attr-defined]
    assert own == machine
    assert type(own.copy()) is type(Own._load(own.save())) is Own
    assert type(Own._from_state_text(own.state_text(), profile="6.1L")) is Own


def test_load_refuses_any_damage() -> None:
    machine, _ = used_machine()
    saved = machine.save()
    cases = [saved[:n] for n in (0, 7, 47, 48, 49, len(saved) // 2, len(saved) - 1)]
    cases += [saved + b"\0", b"BUDDYALD" + saved[8:], b"pgsnap 1 kernel"]
    step = max(1, len(saved) // 301)
    for at in [*range(48), *range(48, len(saved), step)]:
        cases.append(saved[:at] + bytes([saved[at] ^ 0x10]) + saved[at + 1 :])
    for data in cases:
        with pytest.raises(ValueError, match="saved"):
            _core.Machine._load(data)
    assert _core.Machine._load(memoryview(saved)) == machine
    with pytest.raises(TypeError, match="bytes or a buffer"):
        _core.Machine._load("BUDDYALC")  # type: ignore[arg-type]


def test_load_names_another_format_number() -> None:
    saved = bytearray(_core.Machine(64 * MIB).save())
    assert int.from_bytes(saved[8:12], "little") == _core.SAVE_FORMAT
    saved[8] += 1
    with pytest.raises(ValueError, match="another format number"):
        _core.Machine._load(saved)


def test_state_text_round_trip() -> None:
    machine, _ = used_machine()
    text = machine.state_text()
    twin = _core.Machine._from_state_text(text, profile="6.1L")
    assert twin.state_text() == text
    score = _core.compare_states(text, twin.state_text())
    for name in ("free_lists", "pcp_lists", "pageblocks"):
        assert score[name] == score[f"{name}_identical"] > 0
    machine.alloc_pages(GFP_HIGHUSER_MOVABLE, 4)
    score = _core.compare_states(text, machine.state_text())
    assert score["free_lists_identical"] < score["free_lists"]


@pytest.mark.parametrize(
    ("spoil", "error", "words"),
    [
        (lambda text: b"", _core.TraceError, "ends without"),
        (lambda text: b"\xff\xfe\0\0", _core.TraceError, "line 1"),
        (lambda text: text[: len(text) // 2], _core.TraceError, "line"),
        (lambda text: text.replace(b"end\n", b""), _core.TraceError, "line"),
    ],
)
def test_bad_state_texts(
    machine: _core.Machine,
    spoil: Callable[[bytes], bytes],
    error: type[Exception],
    words: str,
) -> None:
    text = spoil(machine.state_text())
    with pytest.raises(error, match=words):
        _core.Machine._from_state_text(text, profile="6.1L")
    with pytest.raises(error, match=words):
        _core.compare_states(machine.state_text(), text)


def test_a_frame_on_two_lists_is_a_state_error() -> None:
    machine, _ = used_machine()
    lines = machine.state_text().splitlines(keepends=True)
    free = [i for i, line in enumerate(lines) if line.startswith(b"free ")]
    again = lines[free[-1]].split()
    again[-1] = again[-2]
    lines[free[-1]] = b" ".join(again) + b"\n"
    with pytest.raises(_core.StateError, match=r"T1.*line"):
        _core.Machine._from_state_text(b"".join(lines), profile="6.1L")


def test_state_arguments(machine: _core.Machine) -> None:
    text = machine.state_text()
    with pytest.raises(TypeError, match="text must be bytes"):
        _core.Machine._from_state_text("pgsnap")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"'9\.9'"):
        _core.Machine._from_state_text(text, profile="9.9")
    with pytest.raises(ValueError, match="nonsense"):
        _core.Machine._from_state_text(text, profile="6.1L", settings={"nonsense": 1})
    other = text.replace(text.split()[3], b"5.10.1", 1)
    with pytest.raises(ValueError, match=r"5\.10\.1.*6\.1\.0"):
        _core.Machine._from_state_text(other)
    named = text.replace(text.split()[3], b"6.12.111", 1)
    assert _core.Machine._from_state_text(named).profile == "6.12L"
    assert _core.Machine._from_state_text(named, profile="6.1.0").profile == "6.1.0"


# One user at a time.


def test_threads_with_their_own_machines() -> None:
    hashes: list[int] = []

    def work() -> None:
        machine = _core.Machine(64 * MIB)
        for _ in range(50):
            machine.free_pages_list(machine.alloc_pages_bulk(GFP_KERNEL, 50))
        hashes.append(machine.state_hash())

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(hashes) == 4
    assert len(set(hashes)) == 1


# Tables.


def test_tables_have_the_length_of_their_enums() -> None:
    assert len(_core.MIGRATETYPES) == _core.NR_MIGRATETYPES
    assert len(_core.PCP_LISTS) == 14
    assert ("mm_page_alloc", "s") == _core.OPS[0]
    assert _core.RESULTS[0] == ("OK", "ok")
    assert _core.PROFILES == ("6.1.0", "6.1L", "6.12.0", "6.12L")
    assert list(_core.GFP_FLAGS) == list(_core.LAYOUTS)
    assert list(_core.GFP_NAMES) == list(_core.LAYOUTS)
    assert np.dtype(list(_core.EVENT_FIELDS)).itemsize == _core.EVENT_SIZE == 32
    assert np.dtype(list(_core.OUTCOME_FIELDS)).itemsize == _core.OUTCOME_SIZE == 32
    names = {item["name"] for item in _core.config_items()}
    assert names >= {"min_free_kbytes", *_core.profile_by_name("6.1L")}
    for item in _core.profile_items():
        assert item["value"]["6.1L"] == _core.profile_by_name("6.1L")[item["name"]]


def test_gfp_text_both_ways() -> None:
    for layout in _core.LAYOUTS:
        for name, value in _core.GFP_FLAGS[layout] + _core.GFP_NAMES[layout]:
            assert _core.gfp_parse(layout, name) == value
            text = _core.gfp_format(layout, value)
            assert _core.gfp_parse(layout, text) == value
    assert _core.gfp_format("6.1", GFP_KERNEL) == "GFP_KERNEL"
    for layout, text in (("6.1", "GFP_LUNCH"), ("6.1", ""), ("6.12", "__GFP_ATOMIC")):
        with pytest.raises(ValueError, match="gfp_flags"):
            _core.gfp_parse(layout, text)
    with pytest.raises(ValueError, match=r"'5\.4'"):
        _core.gfp_format("5.4", 0)
    with pytest.raises(ValueError, match="value must be within"):
        _core.gfp_format("6.1", 1 << 32)


def test_profiles_for_kernels() -> None:
    assert _core.profile_for_kernel("6.1.192")[0] == "6.1L"
    name, items = _core.profile_for_kernel("6.12.0")
    assert name == "6.12.0"
    assert items == _core.profile_by_name("6.12.0")
    with pytest.raises(ValueError, match=r"4\.19"):
        _core.profile_for_kernel("4.19.0")
    with pytest.raises(ValueError, match="none"):
        _core.profile_by_name("none")


def unusable(nr_free: list[int], order: int) -> int:
    """unusable_free_index of mm/vmstat.c: in thousandths, integer arithmetic."""
    free = sum(n << o for o, n in enumerate(nr_free))
    suitable = sum(n << (o - order) for o, n in enumerate(nr_free) if o >= order)
    return 0 if free == 0 else (free - (suitable << order)) * 1000 // free


def test_fragmentation_indices() -> None:
    rng = np.random.default_rng(2)
    counts = rng.integers(0, 40, (50, 11)).astype(np.uint32)
    counts[:, 6:] //= 39
    first, second = _core.index_table(counts)
    unusable_table, fragmentation_table = np.asarray(first), np.asarray(second)
    assert unusable_table.dtype == fragmentation_table.dtype == np.int32
    for row, nr_free in enumerate(counts.tolist()):
        for order in range(11):
            index = _core.unusable_free_index(nr_free, order)
            assert index == unusable_table[row, order] == unusable(nr_free, order)
            index = _core.fragmentation_index(nr_free, order)
            assert index == fragmentation_table[row, order]
            assert (index == -1000) == any(nr_free[order:]) or not any(nr_free)
    assert _core.fragmentation_index([0] * 11, 3) == 0
    for bad in ([1, 2], [-1] * 11, [1 << 40] * 11):
        with pytest.raises(ValueError, match="nr_free"):
            _core.unusable_free_index(bad, 0)
    with pytest.raises(ValueError, match="order"):
        _core.fragmentation_index([1] * 11, 11)
    for array in (counts.astype(np.int64), counts[:, :5].copy()):
        with pytest.raises(ValueError, match="rows of 11"):
            _core.index_table(array)
