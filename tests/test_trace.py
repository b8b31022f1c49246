"""Opening recordings: what is recognised, what is refused, what is counted."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import pickle
import re
import subprocess
import sys
import tarfile
import threading
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from conftest import FIRST, USED, Recording, alloc, event, free

import buddyalloc as ba
from buddyalloc import _core
from buddyalloc.events import EVENT, OP_NAMES, Op
from buddyalloc.files import InputError
from buddyalloc.trace import trace_chunks

MARKED = (
    alloc(1)
    + event("take_stopped: pgsnap 0")
    + event("take_stopped: pgsnap_end 0")
    + alloc(FIRST)
    + free(FIRST)
    + event("take_stopped: pgsnap 1")
    + event("take_stopped: pgsnap_end 1")
    + free(1)
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", ":0: the trace is empty"),
        (b"# tracer: nop\n#\n", ":2: the trace is empty"),
        (bytes(range(256)) * 40, "is no text"),
        (b"\x89\xfe\xfd" * 400, ":1: no line can be read as a trace's"),
        (b"hello world\n" * 5, ":1: no line can be read as a trace's"),
        (b"\x17\x08\x44tracing6\0", "trace-cmd report"),
        (b"PERFILE2\0\0", r"perf\.data; give the text that `perf script`"),
    ],
)
def test_what_is_no_trace_is_refused(
    text: bytes, sentence: str, recording: Recording
) -> None:
    with pytest.raises(ba.TraceError, match=sentence) as caught:
        ba.open(recording(text))
    assert "trace.txt" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_trace_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        ba.open(tmp_path / "nothing")
    with pytest.raises(InputError, match=r"has no trace\.txt"):
        ba.open(tmp_path)


def test_bad_formats_are_named(recording: Recording) -> None:
    folder = recording(MARKED)
    (folder / "formats.tar.xz").write_bytes(lzma.compress(b"no archive"))
    with pytest.raises(ba.TraceError, match=r"formats\.tar\.xz: holds no readable"):
        ba.open(folder)


def test_an_archive_without_formats_is_told(
    recording: Recording, trace: ba.Trace
) -> None:
    folder = recording(MARKED)
    with tarfile.open(folder / "formats.tar.xz", "w:xz") as tar:
        member = tarfile.TarInfo("formats/mm_page_alloc/format")
        text = b"# event histogram\n"
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    assert ba.open(folder).gfp_names == "Linux 6.1"
    text = b"name: mm_page_alloc\nnothing else\n"
    with tarfile.open(folder / "formats.tar.xz", "w:xz") as tar:
        member.size = len(text)
        tar.addfile(member, io.BytesIO(text))
    with pytest.raises(ba.TraceError, match=r"formats\.tar\.xz"):
        ba.open(folder)


def test_the_window_lies_between_the_marks(recording: Recording) -> None:
    trace = ba.open(recording(MARKED, end="pgsnap"))
    assert trace.by_name == {"mm_page_alloc": 1, "mm_page_free": 1}
    assert trace.lines.tolist() == [4, 5]
    assert trace.events["addr"].tolist() == [FIRST, FIRST]
    assert trace.counts.records == 8
    assert trace.state_end is not None


def test_without_marks_all_of_it_is_the_window(recording: Recording) -> None:
    trace = ba.open(recording(alloc(FIRST) + free(FIRST), end="pgsnap"))
    assert len(trace) == 2
    assert trace.state_end is None, "the trace does not reach the end state"


@pytest.mark.parametrize("suffix", ["", ".xz", ".gz"])
def test_plain_and_compressed_files(tmp_path: Path, suffix: str) -> None:
    pack = {"": bytes, ".xz": lzma.compress, ".gz": gzip.compress}[suffix]
    path = tmp_path / f"trace.txt{suffix}"
    path.write_bytes(pack(MARKED.encode()))
    for where in (path, tmp_path):
        trace = ba.open(where)
        assert trace.lines.tolist() == [4, 5]


def mark(text: str) -> str:
    return event(f"take_stopped: {text}")


@pytest.mark.parametrize(
    ("text", "lines", "complete"),
    [
        # the end before the start is another recording's
        ("1sSe", [], True),
        ("1asaeE", [4], True),
        ("aeasaea", [5], True),
        ("saaee", [2, 3], True),
        ("saa", [2, 3], False),
        ("aaea", [1, 2], False),
        ("SaEa", [1, 2, 3, 4], False),
    ],
)
def test_which_marks_count(
    recording: Recording, text: str, lines: list[int], complete: bool
) -> None:
    """s and e: start and end; S: where the start state begins, E: the end's end."""
    line = {
        "a": alloc(FIRST),
        "1": mark("pgsnap 1"),
        "e": mark("pgsnap 1"),
        "s": mark("pgsnap_end 0"),
        "S": mark("pgsnap 0"),
        "E": mark("pgsnap_end 1"),
    }
    trace = ba.open(recording("".join(line[c] for c in text), end="pgsnap"))
    assert trace.lines[trace.events["op"] == Op.MM_PAGE_ALLOC].tolist() == [
        n for n in lines if text[n - 1] == "a"
    ]
    assert (trace.state_end is not None) == complete


@pytest.mark.parametrize("suffix", ["", ".xz"])
def test_pieces_are_the_whole(tmp_path: Path, suffix: str) -> None:
    text = MARKED + (alloc(FIRST) + free(FIRST)) * 12_000 + alloc(FIRST)[:-1]
    path = tmp_path / f"trace.txt{suffix}"
    path.write_bytes(lzma.compress(text.encode()) if suffix else text.encode())
    pieces = list(trace_chunks(path))
    assert len(pieces) > 2
    assert sum(len(events) for events, _ in pieces) == 24_001 + 8
    events, lines = (np.concatenate(column) for column in zip(*pieces, strict=True))
    assert events.dtype == EVENT
    assert (np.diff(lines.astype(int)) > 0).all()
    assert lines[-1] == text.count("\n") + 1
    (tmp_path / "bare.txt").write_text(text.replace("pgsnap", "nothing"))
    bare = ba.open(tmp_path / "bare.txt")
    others = np.isin(events["op"], [Op.PGSNAP, Op.PGSNAP_END])
    assert (bare.events == events[~others]).all()
    assert (bare.lines == lines[~others]).all()


def test_pieces_of_what_is_no_trace(tmp_path: Path) -> None:
    path = tmp_path / "trace.txt"
    path.write_text("hello\n")
    with pytest.raises(ba.TraceError, match=r"trace\.txt:1: no line can be read"):
        list(trace_chunks(path))
    with pytest.raises(InputError, match="no such file"):
        next(trace_chunks(tmp_path / "none.txt"))
    with pytest.raises(ValueError, match="'strange'"):
        next(trace_chunks(path, kernel="strange"))


MEMORY = """
import sys
from pathlib import Path
import buddyalloc as ba
from buddyalloc.trace import trace_chunks

def kib(field):
    status = Path("/proc/self/status").read_text()
    return int(status.partition(field + ":")[2].split()[0])

before = kib("VmRSS")
if sys.argv[2] == "pieces":
    size = 0
    for events, lines in trace_chunks(sys.argv[1]):
        pass
else:
    trace = ba.open(sys.argv[1])
    size = trace.events.nbytes + trace.lines.nbytes
print(kib("VmHWM") - before - size // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
@pytest.mark.parametrize("how", ["pieces", "whole"])
def test_reading_takes_no_more_memory_than_the_columns(
    tmp_path: Path, how: str
) -> None:
    """In pieces: the same for any length. As a whole: no second copy."""
    path = tmp_path / "trace.txt"
    path.write_text((alloc(FIRST) + free(FIRST)) * 150_000)
    run = [sys.executable, "-P", "-c", MEMORY, str(path), how]
    more = subprocess.run(run, check=True, capture_output=True, text=True)
    assert int(more.stdout) < 8 << 10


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BytesIO(lzma.compress(MARKED.encode())))
    monkeypatch.setattr(sys, "stdin", stdin)
    trace = ba.open("-")
    assert (len(trace), trace.name) == (2, "standard input")


def test_a_pipe_with_a_state_beside_it(tmp_path: Path, start_text: str) -> None:
    fifo, state = tmp_path / "fifo", tmp_path / "state.txt"
    state.write_text(start_text)
    os.mkfifo(fifo)
    writer = threading.Thread(target=fifo.write_text, args=(MARKED,))
    writer.start()
    trace = ba.open(fifo, state=state)
    writer.join()
    assert trace.kernel == "6.1.192"
    assert ba.replay(trace).score.exact == 1


def test_the_kernel_decides_the_flags(recording: Recording) -> None:
    text = alloc(FIRST).replace("GFP_HIGHUSER_MOVABLE|__GFP_COMP", "GFP_ATOMIC")
    uname = "Linux x 6.12.0-1-amd64 #1 SMP Debian 6.12.111-1 x86_64"
    trace = ba.open(recording(text, state=None, uname=uname))
    assert (trace.kernel, trace.layout) == ("6.12.111", "6.12")
    assert trace.events["gfp"][0] == ba.gfp_parse("GFP_ATOMIC", "6.12")
    trace = ba.open(recording(text), kernel="6.1.5")
    assert trace.events["gfp"][0] == ba.gfp_parse("GFP_ATOMIC", "6.1")


def test_unknown_events_are_counted_by_name(recording: Recording) -> None:
    text = alloc(FIRST) + event("mm_other: a=1") * 3 + event("sys_enter: b=1")
    trace = ba.open(recording(text))
    assert trace.counts.unknown == {"mm_other": 3, "sys_enter": 1}
    assert list(trace.counts.unknown) == ["mm_other", "sys_enter"]


def test_a_truncated_last_line_is_counted(recording: Recording) -> None:
    trace = ba.open(recording(alloc(FIRST) + alloc(USED)[:60]))
    assert trace.counts.truncated
    assert len(trace) == 1
    assert "line 2: the last line is cut off" in repr(trace)


def test_garbled_lines_are_counted(recording: Recording) -> None:
    bad = event("mm_page_free: page=0 pfn=zebra order=0")
    trace = ba.open(recording(alloc(FIRST) + bad + b"\xff\xfe\n".decode("latin1")))
    assert trace.counts.malformed_lines == 2
    assert "line 2" in repr(trace)
    assert "2 malformed lines" in repr(trace)


def test_lost_events_are_counted(recording: Recording) -> None:
    trace = ba.open(recording(alloc(FIRST) + "CPU:0 [LOST 12 EVENTS]\n"))
    assert trace.counts.lost_events == 12
    assert "12 events were lost" in repr(trace)


def test_events_cannot_be_changed(trace: ba.Trace) -> None:
    with pytest.raises(ValueError, match="read-only"):
        trace.events["addr"][0] = 1


PERF = Path(__file__).parent / "data/perf_script.txt"
"""Lines that perf script 6.1 printed of own recordings of 6.1.192."""

PERF_LINE = re.compile(
    r" *(?P<comm>.*?) +(?P<tid>-?\d+) \[(?P<cpu>\d+)\] +(?P<s>\d+)\.(?P<us>\d{6}): +"
    r"(?:kmem:(?P<event>\w+): (?P<fields>.*)|PERF_RECORD_LOST lost (?P<lost>\d+))"
)


def test_the_text_of_perf_script() -> None:
    """Each line against what regular expressions find in it."""
    trace = ba.open(PERF)
    expected = []
    unknown: Counter[str] = Counter()
    for number, line in enumerate(PERF.read_text().splitlines(), 1):
        match = PERF_LINE.fullmatch(line)
        if match and match["event"] not in (None, *OP_NAMES):
            unknown[match["event"]] += 1
        elif match:
            expected.append((number, match))
    assert len(trace) == len(expected) == 42
    assert trace.lines.tolist() == [number for number, _ in expected]
    assert trace.counts.unknown == unknown == {"rss_stat": 2}
    assert trace.counts.malformed_lines == 0
    assert trace.counts.lost_events == 255
    for record, (_, match) in zip(trace.events, expected, strict=True):
        ns = int(match["s"]) * 10**9 + int(match["us"]) * 1000
        assert (record["ts_ns"], record["cpu"]) == (ns, int(match["cpu"]))
        assert record["task"] == int(match["tid"])
        assert record["context"] == _core.CTX_DEPTH_UNKNOWN << 4
        if match["lost"]:
            assert OP_NAMES[record["op"]] == "lost_events"
            assert record["arg"] == int(match["lost"])
            continue
        assert OP_NAMES[record["op"]] == match["event"]
        fields = dict(re.findall(r"(\w+)=(\S+)", match["fields"]))
        where = fields["pfn" if "pfn" in fields else "ptr"]
        assert record["addr"] == (0 if where == "(nil)" else int(where, 16))
        if "gfp_flags" in fields:
            assert record["gfp"] == ba.gfp_parse(fields["gfp_flags"], "6.1")
        if match["event"].startswith("mm_page_") and "order" in fields:
            assert record["order"] == int(fields["order"])
        if match["event"] == "kmalloc":
            assert record["arg"] == int(fields["bytes_req"])
        if match["event"] == "kmem_cache_free":
            assert trace.cache_names[record["arg"] - 1] == fields["name"]


def test_perf_script_through_a_pipe_and_in_a_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = PERF.read_bytes()
    (tmp_path / "trace.txt.xz").write_bytes(lzma.compress(text))
    whole = ba.open(PERF)
    stdin = io.TextIOWrapper(io.BytesIO(text))
    monkeypatch.setattr(sys, "stdin", stdin)
    for trace in (ba.open(tmp_path), ba.open("-")):
        assert (trace.events == whole.events).all()
        assert trace.cache_names == whole.cache_names


def test_garbled_lines_of_perf_are_named(tmp_path: Path) -> None:
    path = tmp_path / "script.txt"
    good, bad = PERF.read_text().splitlines(keepends=True)[10:12]
    path.write_text(good + bad.replace("pfn=0x83dd", "pfn=83dd"))
    sentence = "line 2 of mm_page_alloc, field pfn: the field's value is no number"
    assert sentence in str(ba.open(path).counts.first_malformed)
    path.write_text(good.replace(" [001] ", " "))
    with pytest.raises(ba.TraceError, match=r"script\.txt:1: no line.*`perf script`"):
        ba.open(path)


def test_a_trace_from_arrays() -> None:
    events = np.zeros(2, EVENT)
    events["op"] = Op.MM_PAGE_ALLOC
    trace = ba.Trace(events, np.arange(2))
    assert trace.allocations == 2
    with pytest.raises(ValueError, match="dtype"):
        ba.Trace(np.zeros(2), np.arange(2))
    with pytest.raises(ValueError, match="line numbers"):
        ba.Trace(events, np.arange(3))


def test_select_and_reprs(trace: ba.Trace) -> None:
    assert len(trace.select("mm_page_alloc")) == trace.allocations
    with pytest.raises(ValueError, match="no event is named"):
        trace.select("page_alloc")
    assert repr(trace).startswith("<Trace files: 372,114 events, 83,714 allocations")
    assert "mm_page_free_batched" in trace._repr_html_()
    assert trace.has_kprobes


def test_a_trace_can_be_pickled(recording: Recording) -> None:
    trace = ba.open(recording(MARKED))
    other = pickle.loads(pickle.dumps(trace))
    assert (other.events == trace.events).all()
    assert other.counts == trace.counts


def test_progress_sees_bytes(trace: ba.Trace, recording: Recording) -> None:
    seen: list[tuple[int, int]] = []
    folder = recording(MARKED)
    ba.open(folder, progress=lambda done, total: seen.append((done, total)))
    size = (folder / "trace.txt").stat().st_size
    assert seen == [(size, size)]
