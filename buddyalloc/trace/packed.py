"""A trace as a file of the project's own: about 16 bytes an event.

A zip archive, whose check sums find damage:

    trace.json           what is known of the trace, by the names of Trace
    events               | block | block | ...
    state_start, ..._end the texts of the recorded states, as they were

    block   header   events, kinds, lines and time of the first event
            kinds    16 bytes each: what events of the block have in common
            records  16 bytes each: ns and lines since the record before,
                     number of its kind, addr

A block holds up to 65536 events, all in little-endian order. It ends early
where a step in time or lines does not fit into a record. Every block stands
alone, so that a trace of any length is written and read in constant memory.
"""

from __future__ import annotations

import json
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from typing import IO, Any

import numpy as np

from ..events import EVENT, OP_NAMES
from ..files import InputError, open_output

Array = np.ndarray[Any, Any]
Progress = Callable[[int, int], object]
Fill = Callable[[Array, Array], None]
"""Writes the events of a block and their line numbers into arrays of its size."""

FORMAT = 1
BLOCK = 1 << 16
"""Events of a block at most: the number of a kind has 16 bits."""

STATES = ("state_start", "state_end")

_HEADER = np.dtype(
    [("events", "<u4"), ("kinds", "<u4"), ("ts_ns", "<u8"), ("line", "<u4")]
)
_RECORD = np.dtype(
    [("step_ns", "<i4"), ("step_lines", "<u2"), ("kind", "<u2"), ("addr", "<u8")]
)
_EVENT = np.dtype([("ts_ns", "<u8"), ("addr", "<u8"), ("kind", "V16")])
"""An event whose other fields are one: gfp, arg, cpu, ... (sim/event.h E1)."""
_KIND = np.dtype(
    {
        "names": [name for name in EVENT.names or () if name not in ("ts_ns", "addr")],
        "formats": [EVENT[name] for name in EVENT.names or ()][2:],
    }
)

_STEP_NS = np.iinfo(np.int32)
_STEP_LINES = np.iinfo(np.uint16).max


def is_packed(path: str | os.PathLike[str]) -> bool:
    """Is it a file that begins as a packed trace does?"""
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as file:
        return file.read(4) == b"PK\x03\x04"


def write_packed(
    path: str | os.PathLike[str],
    events: Array,
    lines: Array,
    about: Mapping[str, Any],
    *,
    compress: bool,
) -> None:
    """Write events, their line numbers and what is known of the trace.

    about: by the names of Trace, of values that JSON has; the states' texts are
    bytes or None. compress: deflate the events too. Equal traces give equal files.
    """
    facts = {name: value for name, value in about.items() if name not in STATES}
    states = [name for name in STATES if about.get(name) is not None]
    facts |= {"format": FORMAT, "ops": OP_NAMES, "events": len(events)}
    facts["states"] = states
    how = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    with open_output(path) as file, zipfile.ZipFile(file, "w") as archive:
        _add(archive, "trace.json", json.dumps(facts, indent=1).encode())
        for name in states:
            _add(archive, name, about[name])
        member = zipfile.ZipInfo("events")
        member.compress_type = how
        with archive.open(member, "w", force_zip64=True) as out:
            for first, end in _blocks(events["ts_ns"], lines):
                out.write(_pack(events[first:end], lines[first:end]))


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    # no date of its own: the same trace gives the same bytes
    archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)


def _blocks(stamps: Array, lines: Array) -> Iterator[tuple[int, int]]:
    """First event and end of each block."""
    first, nr = 0, len(stamps)
    while first < nr:
        end = min(first + BLOCK, nr)
        in_time = np.diff(stamps[first:end].view(np.int64))
        in_lines = np.diff(lines[first:end].astype(np.int64))
        fits = (in_time >= _STEP_NS.min) & (in_time <= _STEP_NS.max)
        fits &= (in_lines >= 0) & (in_lines <= _STEP_LINES)
        if not fits.all():
            end = first + int(np.argmin(fits)) + 1
        yield first, end
        first = end


def _pack(events: Array, lines: Array) -> bytes:
    """The bytes of one block."""
    parts = events.view(_EVENT)
    kinds = parts["kind"].copy()
    # three sorts of integers take a tenth of the time of one of 16 bytes each
    halves = kinds.view("<u8").reshape(-1, 2)
    left = np.unique(halves[:, 0], return_inverse=True)[1].astype(np.int64)
    right = np.unique(halves[:, 1], return_inverse=True)[1].astype(np.int64)
    _, some, kind = np.unique(
        left * len(events) + right, return_index=True, return_inverse=True
    )
    records = np.zeros(len(events), _RECORD)
    records["step_ns"][1:] = np.diff(parts["ts_ns"].view(np.int64))
    records["step_lines"][1:] = np.diff(lines.astype(np.int64))
    records["kind"] = kind
    records["addr"] = parts["addr"]
    header = np.zeros(1, _HEADER)
    header[0] = (len(events), len(some), parts["ts_ns"][0], lines[0])
    return header.tobytes() + kinds[some].tobytes() + records.tobytes()


class PackedTrace:
    """A packed trace that was opened: what is known of it, and its blocks.

    Raises InputError for a file that is none, is of another format or is
    damaged, there or while its blocks are read.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.name = os.fspath(path)
        with _Archive(self.name) as archive:
            if "trace.json" not in archive.namelist():
                raise InputError(
                    f"{self.name}: is a zip archive and no packed trace; unpack it "
                    "first"
                )
            facts = json.loads(archive.read("trace.json"))
            if facts.pop("format", None) != FORMAT:
                raise InputError(
                    f"{self.name}: a packed trace of another format than {FORMAT}; "
                    "save it again with this version"
                )
            states = facts.pop("states")
            for name in STATES:
                facts[name] = archive.read(name) if name in states else None
            self.size: int = facts.pop("events")
            if archive.getinfo("events").file_size < self.size * _RECORD.itemsize:
                raise self._damaged(f"fewer than {self.size} events")
        self._ops = self._numbers_of(facts.pop("ops"))
        self.about: dict[str, Any] = facts

    def _numbers_of(self, names: list[str]) -> Array:
        """The number that each op of the file has in this version."""
        known = {name: number for number, name in enumerate(OP_NAMES)}
        for name in names:
            if name not in known:
                raise InputError(
                    f"{self.name}: holds events {name!r} that this version does not "
                    "know; use a newer one"
                )
        return np.array([known[name] for name in names], np.uint8)

    def batches(self, progress: Progress | None) -> Iterator[tuple[Array, Array]]:
        """(events, lines) of each block; progress is told bytes done and in all."""
        for nr, fill in self._blocks(progress):
            events, lines = np.empty(nr, EVENT), np.empty(nr, np.uint32)
            fill(events, lines)
            yield events, lines

    def read(self, progress: Progress | None) -> tuple[Array, Array]:
        """All events and their line numbers."""
        events = np.empty(self.size, EVENT)
        lines = np.empty(self.size, np.uint32)
        at = 0
        for nr, fill in self._blocks(progress):
            fill(events[at : at + nr], lines[at : at + nr])
            at += nr
        return events, lines

    def _blocks(self, progress: Progress | None) -> Iterator[tuple[int, Fill]]:
        """Number of events of each block, and what fills them in."""
        seen = 0
        with _Archive(self.name) as archive, archive.open("events") as source:
            total = archive.getinfo("events").file_size
            while head := source.read(_HEADER.itemsize):
                nr, fill = self._block(head, source)
                seen += nr
                if seen > self.size:
                    raise self._damaged(f"more than {self.size} events")
                yield nr, fill
                if progress:
                    progress(source.tell(), total)
        if seen != self.size:
            raise self._damaged(f"{seen} events of {self.size}")

    def _block(self, head: bytes, source: IO[bytes]) -> tuple[int, Fill]:
        if len(head) < _HEADER.itemsize:
            raise self._damaged("cut off in a block")
        nr, nr_kinds, stamp, line = np.frombuffer(head, _HEADER)[0].tolist()
        if not 0 < nr_kinds <= nr <= BLOCK:
            raise self._damaged(f"a block of {nr} events, {nr_kinds} kinds")
        kinds = self._taken(source, nr_kinds, _KIND).copy()
        records = self._taken(source, nr, _RECORD)
        if kinds["op"].max() >= len(self._ops) or records["kind"].max() >= nr_kinds:
            raise self._damaged("an event of no kind")
        kinds["op"] = self._ops[kinds["op"]]

        def fill(events: Array, lines: Array) -> None:
            _unpack(stamp, line, kinds, records, events, lines)

        return nr, fill

    def _taken(self, source: IO[bytes], nr: int, dtype: np.dtype[Any]) -> Array:
        content = source.read(nr * dtype.itemsize)
        if len(content) < nr * dtype.itemsize:
            raise self._damaged("cut off in a block")
        return np.frombuffer(content, dtype)

    def _damaged(self, what: str) -> InputError:
        return InputError(f"{self.name}: is damaged ({what}); copy the file again")


_DAMAGE = (
    *(zipfile.BadZipFile, zlib.error, EOFError, OSError),
    *(KeyError, ValueError, RuntimeError),
)
"""What zipfile, zlib and json raise on bytes that they did not write."""


class _Archive(zipfile.ZipFile):
    """A zip archive to read from, whose damage is an InputError."""

    def __init__(self, name: str) -> None:
        self.name = name
        try:
            super().__init__(name)
        except _DAMAGE as error:
            raise self._damage(error) from None

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        super().__exit__(kind, value, trace)
        if isinstance(value, _DAMAGE) and not isinstance(value, InputError):
            raise self._damage(value) from None

    def _damage(self, error: object) -> InputError:
        return InputError(f"{self.name}: is damaged ({error}); copy the file again")


def _unpack(
    stamp: int, line: int, kinds: Array, records: Array, events: Array, lines: Array
) -> None:
    """Fill in the events of a block and their line numbers."""
    steps = records["step_ns"].astype(np.int64)
    steps[0] = 0
    parts = events.view(_EVENT)
    parts["ts_ns"] = np.cumsum(steps).view(np.uint64) + np.uint64(stamp)
    parts["addr"] = records["addr"]
    parts["kind"] = np.take(kinds.view("V16"), records["kind"])
    np.cumsum(records["step_lines"], out=lines)
    lines += np.uint32(line)
