"""From a recording folder, a trace file or a pipe to a Trace.

The text goes through csrc/trace in chunks; nothing but the 32-byte records
stays in memory. A packed trace (packed.py) needs no reader.
"""

from __future__ import annotations

import io
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, BinaryIO, Protocol, cast

import numpy as np

from .. import _core
from ..events import EVENT, as_array
from ..files import CHUNK, InputError, open_input, read_input
from ..gfp import layout_of
from .packed import PackedTrace, is_packed
from .trace import Array, Trace, TraceCounts

Progress = Callable[[int, int], object]

_KERNEL = re.compile(r"\b(\d+\.\d+\.\d+)\b")
_STATE_KERNEL = re.compile(rb"pgsnap \d+ kernel (\S+)")
_STATE_VMEMMAP = re.compile(rb"^vmemmap ([0-9a-f]+) .*\bpage_size (\d+)", re.M)

_BINARY = {
    b"\x17\x08\x44tracing": "trace-cmd's trace.dat; give the text that "
    "`trace-cmd report` prints",
    b"PERFILE2": "perf's perf.data; give the text that `perf script` prints",
    b"BZh": "compressed with bzip2; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed with zstd; unpack it first",
    b"PK\x03\x04": "a zip archive; unpack it first",
}


def find_file(folder: Path, name: str) -> Path | None:
    """The file of this name in a folder, plain, .xz or .gz; None if there is none."""
    for suffix in ("", ".xz", ".gz"):
        if (folder / (name + suffix)).is_file():
            return folder / (name + suffix)
    return None


def open_trace(
    path: str | os.PathLike[str],
    *,
    state: str | os.PathLike[str] | None = None,
    kernel: str | None = None,
    progress: Progress | None = None,
) -> Trace:
    """Read a recording: a folder, a trace file (plain, .xz, .gz) or "-".

    path: a folder holds trace.txt and may hold state.start.txt,
    state.end.txt, proc/uname and formats.tar.xz; "-" is standard input; a file
    that `Trace.save` wrote has all of these in it.
    state: the state file at the trace's start, where it is not in the folder.
    kernel: version such as "6.12", where neither state nor uname tell it.
    progress: called with bytes read and bytes in all (0 when not known).

    The text is that of /sys/kernel/tracing/trace, of `trace-cmd report` or of
    `perf script`; the reader sees which by itself. Only the first of them has
    the column of flags that says in which context an event happened.

    Raises InputError for what cannot be read and TraceError for what is no
    text of a trace, naming the file, the line and the remedy.
    """
    source = open_source(path, state=state, kernel=kernel)
    events, lines = source.read(progress)
    return Trace(
        events=events,
        lines=lines,
        counts=source.counts(),
        cache_names=source.cache_names(),
        **source.known,
    )


class Source(Protocol):
    """Where events come from."""

    known: dict[str, Any]
    """What is known of the trace, by Trace's names."""
    cut: bool
    """Are the events those of the window alone, without the marks?"""

    def read(self, progress: Progress | None) -> tuple[Array, Array]:
        """The events of the window and their line numbers."""

    def batches(self, progress: Progress | None) -> Iterator[tuple[Array, Array]]:
        """All events and their line numbers, piece by piece."""

    def counts(self) -> TraceCounts:
        """What reading has come upon so far."""

    def cache_names(self) -> tuple[str, ...]:
        """Names of slab caches that were read so far."""


def open_source(
    path: str | os.PathLike[str],
    *,
    state: str | os.PathLike[str] | None = None,
    kernel: str | None = None,
) -> Source:
    """A recording, before its events are read; arguments as of `open_trace`."""
    if is_packed(path):
        return _PackedSource(path, state, kernel)
    return _TextSource(path, state, kernel)


class _TextSource:
    cut = False

    def __init__(
        self,
        path: str | os.PathLike[str],
        state: str | os.PathLike[str] | None,
        kernel: str | None,
    ) -> None:
        self.path, self.reader, self.known = _prepare(path, state, kernel)

    def read(self, progress: Progress | None) -> tuple[Array, Array]:
        with open_input(self.path) as (stream, raw):
            name = os.fspath(self.path)
            events, lines = _read(self.reader, stream, raw, name, progress)
        start_mark, end_mark = self.reader.marks()
        if start_mark is None or end_mark is None:
            self.known["state_end"] = None
        window = slice(start_mark, end_mark)
        return events[window], lines[window]

    def batches(self, progress: Progress | None) -> Iterator[tuple[Array, Array]]:
        with open_input(self.path) as (stream, raw):
            name = os.fspath(self.path)
            yield from _batches(self.reader, stream, raw, name, progress)

    def counts(self) -> TraceCounts:
        return _counts(self.reader.counters())

    def cache_names(self) -> tuple[str, ...]:
        return self.reader.cache_names()


class _PackedSource:
    cut = True

    def __init__(
        self,
        path: str | os.PathLike[str],
        state: str | os.PathLike[str] | None,
        kernel: str | None,
    ) -> None:
        self.packed = PackedTrace(path)
        self.known = dict(self.packed.about)
        self._counts = TraceCounts(**self.known.pop("counts"))
        self._names = tuple(self.known.pop("cache_names"))
        if state is not None:
            self.known |= _state_given(state)
        layout = self.known["layout"]
        if kernel and layout_of(kernel) != layout:
            raise InputError(
                f"{path}: was read with the GFP flags of Linux {layout}, not of "
                f"{kernel}; read its text again"
            )
        self.known["kernel"] = kernel or self.known["kernel"]

    def read(self, progress: Progress | None) -> tuple[Array, Array]:
        return self.packed.read(progress)

    def batches(self, progress: Progress | None) -> Iterator[tuple[Array, Array]]:
        return self.packed.batches(progress)

    def counts(self) -> TraceCounts:
        return self._counts

    def cache_names(self) -> tuple[str, ...]:
        return self._names


def _prepare(
    path: str | os.PathLike[str],
    state: str | os.PathLike[str] | None,
    kernel: str | None,
) -> tuple[str | os.PathLike[str], _core.TraceReader, dict[str, Any]]:
    """The trace's file, a reader for it, and what is known of it by Trace's names."""
    folder = Path(path) if os.path.isdir(path) else None
    text_path: str | os.PathLike[str] = path
    known: dict[str, Any] = {"name": _name(path)}
    if folder:
        found = find_file(folder, "trace.txt")
        if not found:
            raise InputError(f"{path}: the folder has no trace.txt, .xz or .gz")
        text_path = found
        known |= _beside(folder)
    if state is not None:
        known |= _state_given(state)
    start: bytes = known.get("state_start") or b""
    known["kernel"] = kernel or _kernel_of(start, known.get("uname"))
    if known["kernel"]:
        known["layout"] = layout_of(known["kernel"])
    reader, known["gfp_names"] = _reader(known.get("layout", "6.1"), start, folder)
    return text_path, reader, known


def trace_chunks(
    path: str | os.PathLike[str],
    *,
    kernel: str = "6.1",
    progress: Progress | None = None,
) -> Iterator[tuple[Array, Array]]:
    """Read a trace of any length in constant memory, piece by piece.

    path: a trace file (plain, .xz, .gz) or "-" for standard input. kernel: the
    version whose GFP flags the text has. progress: as of `open_trace`.

    Gives (events, lines): records of `events.EVENT`, shape (n,), and the line
    number of each, uint32, shape (n,), for about 256 KiB of text at a time; the
    marks of a recording are events among the others (Op.PGSNAP, PGSNAP_END).
    The GIL is released while a piece is read. A file that `Trace.save` wrote
    gives its window, 65536 events at a time. Raises as `open_trace`.
    """
    if is_packed(path):
        yield from PackedTrace(path).batches(progress)
        return
    reader = _core.TraceReader(layout_of(kernel))
    with open_input(path) as (stream, raw):
        yield from _batches(reader, stream, raw, os.fspath(path), progress)


def _state_given(state: str | os.PathLike[str]) -> dict[str, Any]:
    return {"state_start": read_input(state), "state_start_name": os.fspath(state)}


def _name(path: str | os.PathLike[str]) -> str:
    if os.fspath(path) == "-":
        return "standard input"
    return Path(path).resolve().name


def _beside(folder: Path) -> dict[str, Any]:
    """What a folder holds beside its trace."""
    known: dict[str, Any] = {}
    for which in ("state_start", "state_end"):
        found = find_file(folder, which.replace("_", ".") + ".txt")
        if found:
            known[which] = read_input(found)
            known[f"{which}_name"] = str(found)
    for name in ("proc/uname", "uname"):
        if (folder / name).is_file():
            known["uname"] = (folder / name).read_text(errors="replace").strip()
            break
    return known


def _kernel_of(state: bytes, uname: str | None) -> str | None:
    match = _STATE_KERNEL.match(state)
    if match:
        return match[1].decode(errors="replace")
    versions: list[str] = _KERNEL.findall(uname or "")
    # Debian's release says 6.1.0, the version behind it the stable release.
    return max(versions, key=lambda v: [int(n) for n in v.split(".")], default=None)


def _reader(
    layout: str, state: bytes, folder: Path | None
) -> tuple[_core.TraceReader, str]:
    """A reader, and where its names of GFP flags are from."""
    own = False
    match = _STATE_VMEMMAP.search(state[:1024])
    vmemmap, page_size = (int(match[1], 16), int(match[2])) if match else (0, 0)
    reader = _core.TraceReader(layout, vmemmap=vmemmap, page_size=page_size)
    formats = folder / "formats.tar.xz" if folder else None
    if formats and formats.is_file():
        try:
            text = _alloc_format(read_input(formats))
            own = text.startswith(b"name:")
            if own:
                reader.read_format(text)
        except (tarfile.TarError, ValueError) as error:
            raise _core.TraceError(
                f"{formats}: holds no readable format of mm_page_alloc ({error}); "
                "copy it again or remove it"
            ) from None
    # tar can take the files of newer kernels for links to one another, and
    # then there is no format in it.
    return reader, "the recording" if own else f"Linux {layout}"


def _alloc_format(archive: bytes) -> bytes:
    """The format file of mm_page_alloc; empty where the archive has none."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            if member.name.endswith("mm_page_alloc/format"):
                file = tar.extractfile(member)
                if file:
                    return file.read()
    return b""


def _read(
    reader: _core.TraceReader,
    stream: IO[bytes],
    raw: BinaryIO,
    name: str,
    progress: Progress | None,
) -> tuple[Array, Array]:
    """All records of a text, and the line number of each.

    They stay in the reader until the end, which has room for all of a plain file.
    """
    if isinstance(stream, io.BufferedReader):
        reader.expect(_size(raw))
    for _ in _feed(reader, stream, raw, name, progress):
        pass
    return _take(reader)


def _batches(
    reader: _core.TraceReader,
    stream: IO[bytes],
    raw: BinaryIO,
    name: str,
    progress: Progress | None,
) -> Iterator[tuple[Array, Array]]:
    """The records of each chunk of a text that has any, with their line numbers."""
    for _ in _feed(reader, stream, raw, name, progress):
        events, lines = _take(reader)
        if len(events):
            yield events, lines


def _feed(
    reader: _core.TraceReader,
    stream: IO[bytes],
    raw: BinaryIO,
    name: str,
    progress: Progress | None,
) -> Iterator[None]:
    """Give the text to the reader; a pause after each chunk and at the end."""
    source = cast(io.BufferedIOBase, stream)
    memory = bytearray(CHUNK)
    buffer = memoryview(memory)
    first = True
    total = _size(raw)
    while size := source.readinto(buffer):
        if first:
            _refuse_binary(memory, size, name)
            first = False
        reader.feed(buffer[:size])
        if progress:
            progress(raw.tell() if total else 0, total)
        yield
    reader.finish()
    _refuse_empty(reader.counters(), name)
    yield


def _take(reader: _core.TraceReader) -> tuple[Array, Array]:
    events, lines = reader.take()
    return as_array(events, EVENT), np.asarray(lines)


def _size(raw: BinaryIO) -> int:
    """Bytes of a regular file; 0 for a pipe."""
    try:
        return os.fstat(raw.fileno()).st_size if raw.seekable() else 0
    except (OSError, ValueError):
        return 0


def _refuse_binary(head: bytearray, size: int, name: str) -> None:
    for magic, what in _BINARY.items():
        if head.startswith(magic):
            raise _core.TraceError(f"{name}: is {what}")
    zero = head.find(b"\0", 0, size)
    if zero >= 0:
        line = head.count(b"\n", 0, zero) + 1
        raise _core.TraceError(
            f"{name}:{line}: is no text (a byte 0 in it); give the text of "
            "/sys/kernel/tracing/trace, `trace-cmd report` or `perf script`"
        )


def _refuse_empty(counters: dict[str, Any], name: str) -> None:
    if counters["records"] or counters["unknown_lines"]:
        return
    if counters["malformed_lines"]:
        first = counters["first_malformed"] or {"line": 1, "text": "?"}
        raise _core.TraceError(
            f"{name}:{first['line']}: no line can be read as a trace's, the "
            f"first because of {first['text']}"
        )
    raise _core.TraceError(
        f"{name}:{counters['lines']}: the trace is empty; record the kmem events "
        "(events/kmem/enable)"
    )


def _counts(c: dict[str, Any]) -> TraceCounts:
    first = c["first_malformed"]
    sentence = None
    if first:
        where = f" of {first['event']}" if first["event"] else ""
        field = f", field {first['field']}" if first["field"] else ""
        sentence = f"line {first['line']}{where}{field}: {first['text']}"
    unknown = dict(sorted(c["unknown"].items(), key=lambda pair: (-pair[1], pair[0])))
    if c["unknown_overflow"]:
        unknown["(further names)"] = c["unknown_overflow"]
    return TraceCounts(
        lines=c["lines"],
        records=c["records"],
        unknown=unknown,
        unknown_lines=c["unknown_lines"],
        lost_events=c["lost_events"],
        overwritten=c["overwritten"],
        malformed_lines=c["malformed_lines"],
        first_malformed=sentence,
        truncated=c["truncated"],
        cpus=c["cpus"],
    )
