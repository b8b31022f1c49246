"""Packed traces: the same trace again, in few bytes; what is damaged is refused."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import datasets
from buddyalloc.__main__ import main
from buddyalloc._core import REPLAY_LOOKAHEAD
from buddyalloc.events import EVENT, Op
from buddyalloc.files import InputError
from buddyalloc.trace import trace_chunks
from buddyalloc.trace.packed import BLOCK

Array = np.ndarray[Any, Any]


def assert_same(left: ba.Trace, right: ba.Trace) -> None:
    for field in fields(ba.Trace):
        mine, other = getattr(left, field.name), getattr(right, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == other.dtype
            assert np.array_equal(mine, other), field.name
        else:
            assert mine == other, field.name


@pytest.fixture(scope="module")
def packed(trace: ba.Trace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("packed") / "files.batrace"
    trace.save(path)
    return path


@pytest.mark.parametrize("compress", [True, False])
def test_a_saved_trace_is_the_same_again(
    trace: ba.Trace, tmp_path: Path, compress: bool
) -> None:
    path, again = tmp_path / "a.batrace", tmp_path / "b.batrace"
    trace.save(path, compress=compress)
    assert_same(ba.open(path), trace)
    ba.open(path).save(again, compress=compress)
    assert again.read_bytes() == path.read_bytes()


def test_an_event_takes_16_bytes_and_what_it_shares(
    trace: ba.Trace, tmp_path: Path
) -> None:
    path = tmp_path / "a.batrace"
    trace.save(path, compress=False)
    with zipfile.ZipFile(path) as archive:
        size = archive.getinfo("events").file_size
    assert 16 <= size / len(trace) < 24


def random_events(nr: int) -> tuple[Array, Array]:
    """Every bit of every field, time that jumps back and forth, few line numbers."""
    rng = np.random.default_rng(7)
    events = np.empty(nr, EVENT)
    for name in EVENT.names or ():
        top = np.iinfo(EVENT[name]).max
        events[name] = rng.integers(0, top, nr, EVENT[name], endpoint=True)
    events["op"] = rng.integers(0, len(Op), nr)
    lines = np.cumsum(rng.choice([0, 1, 3, 70_000], nr)).astype(np.uint32)
    return events, lines


@pytest.mark.parametrize("nr", [0, 1, 3000])
def test_steps_that_fit_into_no_record(tmp_path: Path, nr: int) -> None:
    events, lines = random_events(nr)
    trace = ba.Trace(events, lines, name="random", cache_names=("dentry",))
    trace.save(tmp_path / "a")
    assert_same(ba.open(tmp_path / "a"), trace)


@pytest.mark.parametrize("more", [-1, 0, 1])
def test_full_blocks(tmp_path: Path, more: int) -> None:
    """As many kinds as a block has events."""
    events = np.zeros(BLOCK + more, EVENT)
    events["arg"] = np.arange(len(events))[::-1]
    events["ts_ns"] = np.arange(len(events), dtype=np.uint64) * (2**31 - 1)
    trace = ba.Trace(events, np.arange(len(events), dtype=np.uint32) + 1)
    trace.save(tmp_path / "a")
    assert_same(ba.open(tmp_path / "a"), trace)
    pieces = [len(events) for events, _ in trace_chunks(tmp_path / "a")]
    assert sum(pieces) == len(events)
    assert max(pieces) <= BLOCK


def test_it_replays_as_the_text_does(result: ba.Result, packed: Path) -> None:
    from_file = ba.replay(ba.open(packed))
    streamed = ba.replay_stream(packed, window=REPLAY_LOOKAHEAD * 2)
    for other in (from_file, streamed):
        assert other.score == result.score
        assert other.end_state == result.end_state
        assert other.machine == result.machine


def test_the_command_packs_and_replays(
    packed: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "small"
    assert main(["pack", str(datasets.path("files")), str(path)]) == 0
    assert f"{len(ba.open(packed)):,} events" in capsys.readouterr().out
    assert path.read_bytes() == packed.read_bytes()
    assert main(["replay", str(path), "--json", "-"]) == 0
    score = json.loads(capsys.readouterr().out)
    assert score["exact"] == score["allocations"] > 0
    assert main(["pack", str(path), str(tmp_path / "none" / "file")]) == 2


def test_progress_is_of_the_events(packed: Path) -> None:
    seen: list[tuple[int, int]] = []
    ba.open(packed, progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen)
    assert seen[-1][0] == seen[-1][1] > 0


def test_state_and_kernel_given(packed: Path, start_text: str, tmp_path: Path) -> None:
    state = tmp_path / "state.txt"
    state.write_text(start_text)
    opened = ba.open(packed, state=state, kernel="6.1.7")
    assert opened.state_start == start_text.encode()
    assert opened.kernel == "6.1.7"
    with pytest.raises(InputError, match=r"GFP flags of Linux 6\.1, not of 6\.12"):
        ba.open(packed, kernel="6.12")


Change = Callable[[dict[str, bytes]], None]


def change_facts(**changes: object) -> Change:
    def change(members: dict[str, bytes]) -> None:
        facts = json.loads(members["trace.json"]) | changes
        members["trace.json"] = json.dumps(facts).encode()

    return change


def change_events(at: int, replacement: bytes) -> Change:
    def change(members: dict[str, bytes]) -> None:
        events = members["events"]
        members["events"] = events[:at] + replacement + events[at + len(replacement) :]

    return change


def cut(members: dict[str, bytes]) -> None:
    members["events"] = members["events"][:-5]


def cut_header(members: dict[str, bytes]) -> None:
    members["events"] += b"abc"


def twice(members: dict[str, bytes]) -> None:
    members["events"] *= 2


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (change_facts(format=99), "another format than 1"),
        (change_facts(ops=["new_event"]), "'new_event' that this version does not"),
        (change_facts(events=1 << 40), "fewer than 1099511627776 events"),
        (change_facts(events=1), "more than 1 events"),
        (lambda members: members.pop("trace.json"), "no packed trace; unpack it"),
        (lambda members: members.pop("events"), "damaged"),
        (lambda members: members.update({"trace.json": b"{"}), "damaged"),
        (change_events(4, b"\xff\xff\xff\xff"), "4294967295 kinds"),
        (change_events(0, b"\0\0\0\0"), "a block of 0 events"),
        (cut, "cut off in a block|fewer than"),
        (cut_header, "cut off in a block"),
        (twice, "more than"),
    ],
)
def test_damage_is_refused(
    packed: Path, tmp_path: Path, change: Change, sentence: str
) -> None:
    with zipfile.ZipFile(packed) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    path = tmp_path / "changed"
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    with pytest.raises(InputError, match=sentence) as caught:
        ba.open(path)
    assert str(caught.value).startswith(str(path))


def test_no_bit_can_change_unseen(tmp_path: Path) -> None:
    events = np.zeros(40, EVENT)
    events["addr"] = np.arange(40)
    lines = np.arange(40, dtype=np.uint32) + 1
    trace = ba.Trace(events, lines, state_start=b"no state", kernel="6.1.2")
    path = tmp_path / "changed"
    trace.save(path)
    content = path.read_bytes()
    for at in range(len(content)):
        changed = content[at] ^ 1 << at % 8
        path.write_bytes(content[:at] + bytes([changed]) + content[at + 1 :])
        try:
            opened = ba.open(path)
        except (InputError, ba.TraceError):
            continue
        # a bit of the archive's own that says nothing of the trace
        assert_same(opened, trace)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(InputError, match="damaged"):
        ba.open(path)
