"""csrc/py/py_machine_user.c: pages with handles, the clock, the counts."""

from __future__ import annotations

import pickle
import signal
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from buddyalloc import _core

GFP_KERNEL = 0xCC0
GFP_ATOMIC = 0xA20
GFP_NOWAIT = 0x800
MIB = 1 << 20
SECOND = 10**9
NO_FRAME = _core.PFN_NONE

RESULT = {name: i for i, (name, _) in enumerate(_core.RESULTS)}
STEP = {name: 1 << i for i, (name, _, _) in enumerate(_core.STEPS)}
STATE = {name: i for i, name in enumerate(_core.HANDLE_STATES)}
LRU = {name: i for i, name in enumerate(_core.LRU_LISTS)}


def small(**settings: int) -> _core.Machine:
    """64 MiB, one CPU: zones DMA and DMA32."""
    return _core.Machine(64 * MIB, settings=settings)


@pytest.fixture
def machine() -> _core.Machine:
    return small()


def handles_of(outcome: _core.FaultOutcome) -> np.ndarray:
    return np.asarray(outcome.handles)


def new_pages(machine: _core.Machine, nr: int, *args: Any, **kwargs: Any) -> np.ndarray:
    """Handles of pages that all came."""
    outcome = machine.fault_in(nr, *args, **kwargs)
    assert outcome.result == RESULT["OK"]
    return handles_of(outcome)


def where(machine: _core.Machine, handles: np.ndarray) -> np.ndarray:
    return np.asarray(machine.where(handles))


def table(machine: _core.Machine) -> np.ndarray:
    return np.asarray(machine.handles())


def all_pages(machine: _core.Machine) -> int:
    """Free pages, those on per-CPU lists, and those with a handle."""
    rows = table(machine)
    resident = rows[rows["state"] == STATE["resident"]]
    waiting = int(np.asarray(machine.sample())["pcp_pages"].sum())
    free = sum(zone["free_pages_exact"] for zone in machine.zones())
    return int((1 << resident["order"].astype(int)).sum()) + waiting + free


# Bad arguments first.


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda m: m.fault_in(), TypeError, "needs the argument 'nr'"),
        (lambda m: m.fault_in("1"), TypeError, "nr must be an integer, not '1'"),
        (lambda m: m.fault_in(-1), ValueError, r"nr must be within 0\.\.42949.*not -1"),
        (lambda m: m.fault_in(1, "swap"), ValueError, "'anon' or 'file', not 'swap'"),
        (lambda m: m.fault_in(1, 7), ValueError, "'anon' or 'file', not 7"),
        (lambda m: m.fault_in(1, "file", True), TypeError, "at most 2 positional"),
        (lambda m: m.fault_in(1, "file", huge=True), ValueError, "are anonymous"),
        (lambda m: m.fault_in(1, "file", mm=3), ValueError, "mm 3 .* leave it at 0"),
        (lambda m: m.fault_in(1, dirty=True), ValueError, "dirty is for kind 'file'"),
        (lambda m: m.fault_in(1, madvise=True), ValueError, "is for huge=True"),
        (lambda m: m.fault_in(1, mm=256), ValueError, r"mm must be within 0\.\.255"),
        (lambda m: m.fault_in(1, cpu=1), ValueError, "cpu must be within"),
        (lambda m: m.fault_in(1, node=1), ValueError, "node 1 has no memory"),
        (lambda m: m.fault_in(1, size=1), TypeError, "keyword.*'size'"),
        (lambda m: m.touch(), TypeError, "needs the argument 'handles'"),
        (lambda m: m.touch(1), TypeError, "handles must be a buffer or a sequence"),
        (lambda m: m.touch([1, "x"]), TypeError, "each of handles must be an int"),
        (lambda m: m.touch(np.zeros(2)), TypeError, "handles must hold .*'d'"),
        (lambda m: m.touch(np.array([1, -1])), ValueError, r"handles\[1\] must be"),
        (lambda m: m.touch(np.ones((4, 4), int)[:, :2]), ValueError, "one dimension"),
        (lambda m: m.touch([1], True), TypeError, "at most 1 positional"),
        (lambda m: m.touch([1], cpu=64), ValueError, "not 64"),
        (lambda m: m.touch([1], node=5), ValueError, "node 5 has no memory"),
        (lambda m: m.touch([0]), _core.FrameError, r"touch handles\[0\] = 0: no page"),
        (lambda m: m.touch([1, 2, 99]), _core.FrameError, r"touch handles\[2\] = 99"),
        (lambda m: m.release([1, 99]), _core.FrameError, r"release handles\[1\] = 99"),
        (lambda m: m.release([0xFFFFFFFE]), _core.FrameError, "= 4294967294"),
        (
            lambda m: m.release([1, 2, 3, 2]),
            _core.FrameError,
            r"handles\[3\] = 2: it is handles\[1\] already",
        ),
        (lambda m: m.release([1], cpu=1), ValueError, "cpu"),
        (lambda m: m.where([4]), _core.FrameError, r"find handles\[0\] = 4"),
        (lambda m: m.where(b"abcd"), TypeError, "4 or 8 bytes"),
        (lambda m: m.handles(1), TypeError, "at most 0"),
        (lambda m: m.vmstat(1), TypeError, "at most 0"),
        (lambda m: m.zone_vmstat(1), TypeError, "at most 0"),
        (lambda m: m.advance(), TypeError, "needs the argument 'ns'"),
        (lambda m: m.advance(1.5), TypeError, "ns must be an integer, not 1.5"),
        (lambda m: m.advance(-1), ValueError, "ns must be within .* not -1"),
        (lambda m: m.advance(1 << 63), ValueError, str(1 << 63)),
        (lambda m: m.lru_list(0, 4), ValueError, r"lru must be within 0\.\.3, not 4"),
        (lambda m: m.lru_list(1, 0), ValueError, "node 1 has no memory"),
        (lambda m: m.lru_list(0), TypeError, "needs the argument 'lru'"),
        (lambda m: m.sysctl("compact_memory", 0), ValueError, "is 0; give 1$"),
        (lambda m: m.sysctl("compact_memory", 2), ValueError, "is 2; give 1$"),
        (lambda m: m.sysctl("drop_caches", 0), ValueError, "is 0; give 1 to 4"),
        (lambda m: m.sysctl("drop_caches", 5), ValueError, "is 5; give 1 to 4"),
        (lambda m: m.sysctl("drop_cache", 1), ValueError, "no item is named"),
        (lambda m: setattr(m, "now_ns", 2), AttributeError, "now_ns"),
    ],
)
def test_bad_arguments_change_nothing(
    machine: _core.Machine,
    call: Callable[[_core.Machine], Any],
    error: type[Exception],
    words: str,
) -> None:
    assert list(new_pages(machine, 2)) == [1, 2]
    assert list(new_pages(machine, 1, "file")) == [3]
    before = machine.copy()
    with pytest.raises(error, match=words):
        call(machine)
    assert machine == before


def test_a_released_handle_is_refused(machine: _core.Machine) -> None:
    handles = new_pages(machine, 3)
    machine.release(handles[1:2])
    before = machine.copy()
    for call in (machine.touch, machine.release, machine.where):
        with pytest.raises(_core.FrameError, match=r"handles\[1\] = 2: .* released"):
            call(handles)
    assert machine == before


@pytest.mark.parametrize("order", [0, 9])
def test_a_frame_of_user_memory_is_not_freed(
    machine: _core.Machine, order: int
) -> None:
    (handle,) = new_pages(machine, 1, huge=order == 9)
    (pfn,) = where(machine, np.array([handle]))
    before = machine.copy()
    words = f"frame {pfn:#x}: .* handle {handle}, .* release the handle"
    with pytest.raises(_core.FrameError, match=f"cannot free {words}"):
        machine.free_pages(pfn, order)
    with pytest.raises(_core.FrameError, match=f"cannot free {words}"):
        machine.free_pages_list([machine.alloc_pages(GFP_KERNEL), pfn])
    with pytest.raises(_core.FrameError, match=f"cannot split {words}"):
        machine.split_page(pfn, order)
    machine.free_pages(int(before.copy().alloc_pages(GFP_KERNEL) or 0))
    assert where(machine, np.array([handle])) == [pfn]
    assert machine.check() is None


# The table of handles.


def test_no_room_in_the_table() -> None:
    """256 KiB: a table for 1024 frames, two handles each, of which 0 is none."""
    machine = _core.Machine(256 << 10)
    before = machine.copy()
    words = "nr 2048 needs 2048 handles and 2047 of the table's 2047 are left; release"
    with pytest.raises(ValueError, match=words):
        machine.fault_in(2048)
    with pytest.raises(ValueError, match=r"needs 2048 .*512 small.* 2047 of"):
        machine.fault_in(4, huge=True)
    assert machine == before
    # clean page cache goes and leaves its handles behind
    handles = new_pages(machine, 2047, "file")
    with pytest.raises(ValueError, match="nr 1 needs 1 handles and 0 of"):
        machine.fault_in(1)
    machine.release(handles[:5])
    with pytest.raises(ValueError, match="nr 6 needs 6 handles and 5 of"):
        machine.fault_in(6)
    assert sorted(new_pages(machine, 5, "file")) == [1, 2, 3, 4, 5]
    assert machine.check() is None


def test_new_pages(machine: _core.Machine) -> None:
    pages = all_pages(machine)
    anon = machine.fault_in(5, mm=7)
    file = new_pages(machine, 3, "file", dirty=True)
    assert list(handles_of(anon)) == [1, 2, 3, 4, 5]
    assert handles_of(anon).dtype == np.uint32
    assert anon.path & STEP["PCP_HIT"]
    assert anon.latency_ns >= 5 * 22
    rows = table(machine)
    assert rows.dtype == np.dtype(list(_core.HANDLE_FIELDS))
    assert list(rows["handle"]) == [*range(1, 6), *file]
    assert list(rows["anon"]) == [1] * 5 + [0] * 3
    assert list(rows["mm"]) == [7] * 5 + [0] * 3
    assert set(rows["state"]) == {STATE["resident"]}
    assert list(rows["pfn"]) == list(where(machine, rows["handle"]))
    assert len(set(rows["pfn"])) == 8
    # the newest at the head
    inactive = machine.lru_list(0, LRU["inactive_anon"])
    assert inactive == list(rows["pfn"][:5][::-1])
    assert machine.lru_list(0, LRU["inactive_file"]) == list(rows["pfn"][5:][::-1])
    assert machine.vmstat()["nr_zone_inactive_anon"] == 5
    assert machine.vmstat()["nr_inactive_file"] == 3
    assert machine.vmstat()["nr_dirty"] == 3
    assert all_pages(machine) == pages
    machine.release(rows["handle"])
    assert len(table(machine)) == 0
    assert machine.lru_list(0, LRU["inactive_anon"]) == []
    assert all_pages(machine) == pages
    assert machine.check() is None


def test_nothing_asked_for(machine: _core.Machine) -> None:
    before = machine.copy()
    assert len(machine.fault_in(0).handles) == 0
    assert tuple(machine.touch([])) == (0, 0, 0, RESULT["OK"], 0, 0)
    machine.release([])
    machine.release(np.zeros(0, np.uint32))
    assert len(machine.where([])) == 0
    machine.advance(0)
    assert machine == before


def test_the_preferred_node() -> None:
    machine = _core.Machine(128 * MIB, cpus=2, nodes=2)
    half = machine.nr_frames // 2
    for options, node in (({}, 0), ({"cpu": 1}, 1), ({"node": 1}, 1)):
        (pfn,) = where(machine, new_pages(machine, 1, **options))
        assert (pfn >= half) == (node == 1)
    assert len(machine.lru_list(1, LRU["inactive_anon"])) == 2


# Touching, losing, coming back.


def test_page_cache_becomes_active(machine: _core.Machine) -> None:
    handles = new_pages(machine, 10, "file")
    assert tuple(machine.touch(handles, write=True))[:3] == (10, 0, 0)
    assert len(machine.lru_list(0, LRU["active_file"])) == 0
    assert tuple(machine.touch(handles[:4]))[:3] == (4, 0, 0)
    assert len(machine.lru_list(0, LRU["active_file"])) == 4
    assert machine.vmstat()["pgactivate"] == 4
    assert machine.check() is None


def test_drop_caches(machine: _core.Machine) -> None:
    clean = new_pages(machine, 20, "file")
    dirty = new_pages(machine, 10, "file", dirty=True)
    anon = new_pages(machine, 30)
    # no slab caches; and "be quiet"
    for nothing in (2, 4):
        before = machine.copy()
        machine.sysctl("drop_caches", nothing)
        assert machine == before
    machine.sysctl("drop_caches", 3)
    assert set(where(machine, clean)) == {NO_FRAME}
    assert NO_FRAME not in where(machine, dirty)
    assert NO_FRAME not in where(machine, anon)
    rows = table(machine)
    assert (rows["state"] == STATE["evicted"]).sum() == 20
    machine.advance(60 * SECOND)  # the flusher writes them
    assert machine.vmstat()["nr_dirty"] == 0
    machine.sysctl("drop_caches", 1)
    assert set(where(machine, dirty)) == {NO_FRAME}
    touched = machine.touch(np.concatenate([clean, anon]))
    assert (touched.hits, touched.major, touched.failed) == (30, 20, 0)
    assert machine.vmstat()["pgmajfault"] == 20
    assert NO_FRAME not in where(machine, clean)
    assert machine.check() is None


def test_swap_out_and_back() -> None:
    """More anonymous memory than there is: some is on swap, none is lost."""
    machine = small(swap=128 << 10)
    pages = all_pages(machine)
    handles = new_pages(machine, 20000)
    stat = machine.vmstat()
    rows = table(machine)
    swapped = rows["state"] == STATE["swapped"]
    assert stat["total_swap_pages"] == 32768
    assert 20000 - pages < swapped.sum() <= 32768 - stat["nr_swap_pages"]
    assert stat["pswpout"] >= swapped.sum()
    assert all_pages(machine) == pages
    assert set(rows["pfn"][swapped]) == {NO_FRAME}
    assert machine.check() is None
    some = rows["handle"][swapped][:100]
    touched = machine.touch(some, write=True)
    assert (touched.hits + touched.major, touched.failed) == (100, 0)
    assert touched.major > 50  # reading some may push others out again
    assert machine.vmstat()["pswpin"] == touched.major
    assert len(table(machine)) == 20000
    assert machine.check() is None
    machine.release(handles)
    assert machine.vmstat()["nr_swap_pages"] == 32768
    assert all_pages(machine) == pages
    assert machine.check() is None


def test_writes_go_on_while_a_request_reclaims() -> None:
    """More pages to write than the queue takes: reclaim works until some are."""
    machine = _core.Machine(128 * MIB, settings={"swap": 1 << 20})
    outcome = machine.fault_in(100_000)
    assert outcome.result == RESULT["OK"]
    assert len(handles_of(outcome)) == 100_000
    assert 0 < machine.now_ns <= outcome.latency_ns
    assert machine.vmstat()["pswpout"] > 8192
    assert machine.check() is None


# Memory runs out.


def test_the_oom_killer_takes_the_largest_mm() -> None:
    machine = small()
    pages = all_pages(machine)
    large = new_pages(machine, 6000, mm=1)
    medium = new_pages(machine, 4000, mm=2)
    nobodys = new_pages(machine, 1000)
    outcome = machine.fault_in(5500, mm=3)
    assert outcome.result == RESULT["OK"]
    assert len(handles_of(outcome)) == 5500
    assert machine.vmstat()["oom_kill"] == 1
    assert set(table(machine)["mm"]) == {0, 2, 3}
    gone = np.setdiff1d(large, table(machine)["handle"])  # mm 3 has the others
    with pytest.raises(_core.FrameError, match="the OOM killer took its mm"):
        machine.touch(gone)
    touched = machine.touch(np.concatenate([medium, nobodys]))
    assert touched.hits == 5000
    assert all_pages(machine) == pages
    assert machine.check() is None


def test_the_oom_killer_takes_the_one_that_asks() -> None:
    machine = small()
    pages = all_pages(machine)
    other = new_pages(machine, 100, mm=1)
    earlier = new_pages(machine, 3000, mm=2)
    outcome = machine.fault_in(20000, mm=2)
    assert _core.RESULTS[outcome.result][0] == "KILLED"
    assert len(handles_of(outcome)) == 0
    assert outcome.path & STEP["DIRECT_RECLAIM"]
    assert machine.vmstat()["oom_kill"] == 1
    assert list(table(machine)["handle"]) == list(other)
    with pytest.raises(_core.FrameError, match=r"handles\[0\]"):
        machine.where(earlier)
    assert all_pages(machine) == pages
    assert machine.check() is None


def test_nobody_can_be_killed() -> None:
    machine = small()
    outcome = machine.fault_in(30000)
    assert _core.RESULTS[outcome.result][0] == "OOM"
    assert 15000 < len(handles_of(outcome)) < 16384
    assert NO_FRAME not in where(machine, handles_of(outcome))
    assert machine.vmstat()["oom_kill"] == 0
    assert machine.check() is None
    machine.release(handles_of(outcome)[:500])
    assert len(new_pages(machine, 400)) == 400


def test_a_touch_that_kills_its_own_mm() -> None:
    """mm 1 is on swap, the kernel has all memory: reading it back fails."""
    machine = small(swap=64 << 10)
    handles = new_pages(machine, 16000, mm=1)
    nobodys = new_pages(machine, 10)
    misses = 0
    while misses < 10:  # what is being written is gone a little later
        if machine.alloc_pages("GFP_KERNEL|__GFP_NORETRY") is None:
            machine.advance(SECOND // 10)
            misses += 1
        else:
            misses = 0
    swapped = handles[where(machine, handles) == NO_FRAME]
    assert len(swapped) > 15000
    touched = machine.touch(swapped)
    assert _core.RESULTS[touched.result][0] == "KILLED"
    assert touched.failed > 15000  # the first, and all behind it
    assert touched.failed + touched.major == len(swapped)
    assert machine.vmstat()["oom_kill"] == 1
    assert set(table(machine)["handle"]) == set(nobodys)
    assert machine.check() is None


def test_who_may_reclaim(machine: _core.Machine) -> None:
    """Memory full of clean page cache: only a request that may wait gets more."""
    new_pages(machine, 16000, "file")
    while machine.alloc_pages(GFP_ATOMIC) is not None:
        pass
    before = machine.vmstat()
    at_once = machine.alloc_pages_outcome(GFP_NOWAIT)
    assert at_once.pfn is None
    assert not at_once.path & STEP["DIRECT_RECLAIM"]
    assert machine.vmstat()["pgscan_direct"] == before["pgscan_direct"]
    patient = machine.alloc_pages_outcome(GFP_KERNEL)
    assert patient.pfn is not None
    assert patient.path & STEP["DIRECT_RECLAIM"]
    assert patient.latency_ns > 1000
    after = machine.vmstat()
    assert after["pgsteal_direct"] >= before["pgsteal_direct"] + 32
    assert after["allocstall"] > before["allocstall"]
    assert machine.check() is None


def test_kswapd_works_while_time_passes(machine: _core.Machine) -> None:
    new_pages(machine, 16000, "file")
    while machine.alloc_pages(GFP_NOWAIT) is not None:
        pass
    before = machine.vmstat()
    free = [zone["free_pages_exact"] for zone in machine.zones()]
    machine.advance(SECOND)
    after = machine.vmstat()
    assert after["pgsteal_kswapd"] > before["pgsteal_kswapd"]
    assert after["pgsteal_direct"] == before["pgsteal_direct"]
    zone = machine.zones()[1]
    assert free[1] < zone["high"] <= zone["free_pages_exact"]
    assert machine.alloc_pages(GFP_NOWAIT) is not None
    assert machine.check() is None


# Pages move.


def fragmented(**settings: int) -> tuple[_core.Machine, np.ndarray]:
    """All memory in single user pages, of which then every second goes."""
    machine = small(**settings)
    outcome = machine.fault_in(16384, "anon")
    handles = handles_of(outcome)
    order = np.argsort(where(machine, handles))
    machine.release(handles[order[::2]])
    machine.drain_all_pages()
    kept = handles[order[1::2]]
    assert sum(zone["nr_free"][9] + zone["nr_free"][10] for zone in machine.zones()) < 3
    return machine, kept


def test_compaction_moves_pages_and_handles_follow() -> None:
    machine, kept = fragmented()
    before = where(machine, kept)
    pages = all_pages(machine)
    machine.sysctl("compact_memory", 1)
    after = where(machine, kept)
    stat = machine.vmstat()
    assert NO_FRAME not in after
    assert len(set(after)) == len(kept)
    assert 0 < (before != after).sum() <= stat["pgmigrate_success"]
    frames = np.asarray(machine.frames())
    used = _core.PROBE_STATES.index("used")
    assert set(frames["state"][after]) == {used}
    assert all_pages(machine) == pages
    assert sum(z["nr_free"][9] + 2 * z["nr_free"][10] for z in machine.zones()) >= 8
    assert machine.touch(kept).hits == len(kept)
    assert machine.check() is None


DEFRAG = ("always", "defer", "defer+madvise", "madvise", "never")


@pytest.mark.parametrize("defrag", range(5), ids=DEFRAG)
@pytest.mark.parametrize("madvise", [False, True], ids=["plain", "madvise"])
def test_a_huge_page_in_fragmented_memory(defrag: int, madvise: bool) -> None:
    """Only those who may compact get one; the others 512 small pages."""
    machine, _ = fragmented(transparent_hugepage_defrag=defrag)
    machine.fault_in(5, huge=True)  # what large blocks there were
    before = machine.vmstat()
    outcome = machine.fault_in(1, huge=True, madvise=madvise)
    stat = machine.vmstat()
    may_wait = DEFRAG[defrag] == "always" or (
        madvise and DEFRAG[defrag] in ("defer+madvise", "madvise")
    )
    assert outcome.result == RESULT["OK"]
    assert bool(outcome.path & STEP["COMPACTION"]) == may_wait
    if may_wait:
        assert len(handles_of(outcome)) == 1
        assert stat["compact_stall"] > before["compact_stall"]
        (pfn,) = where(machine, handles_of(outcome))
        assert pfn % 512 == 0
    else:
        assert len(handles_of(outcome)) == 512
        assert stat["compact_stall"] == before["compact_stall"]
        assert stat["thp_fault_fallback"] == before["thp_fault_fallback"] + 1
    assert machine.check() is None


@pytest.mark.parametrize(("enabled", "got"), [(0, 1), (1, 512), (2, 512)])
def test_huge_pages_enabled(enabled: int, got: int) -> None:
    machine = small(transparent_hugepage_enabled=enabled)
    assert len(new_pages(machine, 1, huge=True)) == got
    assert len(new_pages(machine, 1, huge=True, madvise=True)) == (
        512 if enabled == 2 else 1
    )
    assert machine.check() is None


def test_a_huge_page_is_one_handle(machine: _core.Machine) -> None:
    handles = new_pages(machine, 3, huge=True, mm=5)
    rows = table(machine)
    assert list(rows["order"]) == [9, 9, 9]
    assert len(machine.lru_list(0, LRU["inactive_anon"])) == 3
    assert machine.vmstat()["nr_inactive_anon"] == 3 * 512
    assert machine.vmstat()["thp_fault_alloc"] == 3
    assert list(where(machine, handles) % 512) == [0, 0, 0]


def test_huge_pages_until_memory_runs_out(machine: _core.Machine) -> None:
    """Those that no longer come fall back, until not even small ones do."""
    outcome = machine.fault_in(40, huge=True)
    rows = table(machine)
    assert _core.RESULTS[outcome.result][0] == "OOM"
    assert list(rows["handle"]) == sorted(handles_of(outcome))
    assert {0, 9} == set(rows["order"])
    assert 15000 < (1 << rows["order"].astype(int)).sum() < 16384
    assert machine.check() is None


# Time.


def test_the_clock(machine: _core.Machine) -> None:
    assert machine.now_ns == 0
    new_pages(machine, 10)
    assert machine.now_ns == 0  # calls take no time
    machine.advance(1500)
    assert machine.now_ns == 1500


def test_two_steps_are_one() -> None:
    machine = small(swap=64 << 10)
    new_pages(machine, 15000)
    new_pages(machine, 3000, "file", dirty=True)
    other = machine.copy()
    machine.advance(7 * SECOND + 12345)
    for step in (1, 999, 3 * SECOND, 4 * SECOND + 11345):
        other.advance(step)
    assert machine == other
    assert machine.check() is None


def test_an_interrupt_stops_the_clock(machine: _core.Machine) -> None:
    """292 years: without the interrupt this test would not end."""

    def interrupt(number: int, frame: object) -> None:
        raise KeyboardInterrupt

    new_pages(machine, 1000, "file", dirty=True)
    old = signal.signal(signal.SIGALRM, interrupt)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        with pytest.raises(KeyboardInterrupt):
            machine.advance((1 << 63) - 1)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old)
    assert machine.now_ns % SECOND == 0
    assert machine.check() is None
    machine.advance(1)


def test_one_user_at_a_time() -> None:
    """While a thread advances the clock, other calls are refused."""
    machine = small()
    stop = threading.Event()
    refused = threading.Event()

    def work() -> None:
        while not stop.is_set():
            machine.advance(60 * SECOND)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for _ in range(10**6):
            try:
                machine.vmstat()
            except RuntimeError as error:
                assert "already in use" in str(error)  # noqa: PT017
                refused.set()
                break
    finally:
        stop.set()
        thread.join()
    assert refused.is_set()
    assert machine.check() is None


# Counts.


def test_vmstat_has_the_kernel_names(machine: _core.Machine) -> None:
    stat = machine.vmstat()
    assert {
        "nr_free_pages",
        "nr_zone_inactive_anon",
        "nr_zone_active_anon",
        "nr_zone_inactive_file",
        "nr_zone_active_file",
        "nr_inactive_anon",
        "nr_dirty",
        "nr_writeback",
        "nr_swap_pages",
        "total_swap_pages",
        "pgscan_kswapd",
        "pgscan_direct",
        "pgsteal_kswapd",
        "oom_kill",
        "pgmigrate_success",
        "compact_stall",
        "thp_fault_alloc",
    } <= stat.keys()
    free = sum(zone["free_pages"] for zone in machine.zones())
    assert stat["nr_free_pages"] == free
    assert set(map(type, stat.values())) == {int}
    assert stat["pgscan_direct"] == stat["oom_kill"] == stat["nr_swap_pages"] == 0


def test_vmstat_by_zone() -> None:
    """A page counts where it lies; the sums are vmstat's."""
    machine = _core.Machine(32 * MIB)
    file = new_pages(machine, 1000, "file", dirty=True)
    handles = np.concatenate([file, new_pages(machine, 5000)])
    machine.touch(file[:50])
    machine.touch(file[:50])
    zones, stat = machine.zone_vmstat(), machine.vmstat()
    assert [set(zone) for zone in zones] == [set(zones[0])] * machine.nr_zones
    for name in zones[0]:
        assert sum(zone[name] for zone in zones) == stat[name], name
    first = [zone["start_pfn"] for zone in machine.zones()] + [NO_FRAME]
    for i, zone in enumerate(zones):
        pfns = where(machine, handles)
        here = (first[i] <= pfns) & (pfns < first[i + 1])
        lists = sum(zone[f"nr_{lru}"] for lru in _core.LRU_LISTS)
        assert lists == here.sum() > 0
        assert zone["nr_dirty"] == here[:1000].sum()
    machine.release(handles)
    assert not any(sum(zone.values()) for zone in machine.zone_vmstat())


def test_words() -> None:
    assert _core.HANDLE_STATES == ("free", "resident", "swapped", "evicted")
    assert _core.LRU_LISTS == (
        "inactive_anon",
        "active_anon",
        "inactive_file",
        "active_file",
    )


# Copies and files keep all of it.


def busy_machine() -> _core.Machine:
    """Resident, swapped and evicted pages, a huge one, writes on their way."""
    machine = small(swap=64 << 10)
    new_pages(machine, 2, huge=True, mm=4)
    clean = new_pages(machine, 500, "file")
    machine.sysctl("drop_caches", 1)
    machine.touch(clean[:10])
    new_pages(machine, 16000, mm=1)
    new_pages(machine, 500, "file", dirty=True)
    machine.advance(123456)
    assert set(table(machine)["state"]) == set(STATE.values()) - {STATE["free"]}
    return machine


@pytest.mark.parametrize(
    "copy",
    [
        lambda m: m.copy(),
        lambda m: _core.Machine._load(m.save()),
        lambda m: pickle.loads(pickle.dumps(m)),
    ],
    ids=["copy", "save", "pickle"],
)
def test_a_copy_has_all_of_it(copy: Callable[[_core.Machine], _core.Machine]) -> None:
    machine = busy_machine()
    other = copy(machine)
    assert other == machine
    assert other.check() is None
    assert other.now_ns == machine.now_ns
    assert other.vmstat() == machine.vmstat()
    assert (table(other) == table(machine)).all()
    for lru in range(4):
        assert other.lru_list(0, lru) == machine.lru_list(0, lru)
    # and goes on in the same way
    for each in (machine, other):
        each.touch(table(each)["handle"][::3], write=True)
        each.advance(2 * SECOND)
        each.sysctl("compact_memory", 1)
        each.fault_in(300, "file", dirty=True)
    assert other == machine
    assert other.check() is None
    other.release(table(other)["handle"])
    assert other != machine
    assert machine.check() is None
