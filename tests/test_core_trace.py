"""csrc/py/py_trace.c: the type TraceReader, alone."""

from __future__ import annotations

import threading
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from buddyalloc import _core

OP = {name: number for number, (name, _) in enumerate(_core.OPS)}

TEXT = b"""\
# tracer: nop
#
# entries-in-buffer/entries-written: 6/6   #P:1
            init-1       [000] d..3.     9.304546: mm_page_free: page=fffff87a pfn=0x1064 order=1
            init-1       [000] .....     9.304550: mm_page_alloc: page=fffff87b pfn=0x1066 order=0 migratetype=0 gfp_flags=GFP_KERNEL|__GFP_ZERO
            init-1       [000] .....     9.304560: oom_score_adj_update: pid=7 comm=sh oom_score_adj=0
            init-1       [000] .....     9.304570: mm_page_alloc: page=fffff87c pfn=0x1067 order=2 migratetype=1 gfp_flags=GFP_HIGHUSER_MOVABLE
CPU:0 [LOST 12 EVENTS]
            init-1       [000] .....     9.304580: mm_page_free: page=fffff87a pfn=banana order=0
"""  # noqa: E501


def read(text: bytes, *cuts: int, **options: Any) -> tuple[Any, Any, dict[str, Any]]:
    reader = _core.TraceReader(**options)
    edges = [0, *cuts, len(text)]
    fed = sum(reader.feed(text[a:b]) for a, b in pairwise(edges))
    fed += reader.finish()
    events, lines = reader.take()
    assert len(events) == len(lines) == fed
    return np.asarray(events), np.asarray(lines), reader.counters()


# Bad arguments first.


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: _core.TraceReader("5.4"), ValueError, "'5.4'; there are '6.1'"),
        (lambda: _core.TraceReader(6.1), TypeError, "str"),
        (lambda: _core.TraceReader("6.1", 5), TypeError, "positional"),
        (lambda: _core.TraceReader(vmemmap=-1), ValueError, "vmemmap"),
        (lambda: _core.TraceReader(page_size=1 << 20), ValueError, "page_size"),
        (lambda: _core.TraceReader().feed("text"), TypeError, "encoded"),
        (lambda: _core.TraceReader().feed(None), TypeError, "text must be bytes"),
        (lambda: _core.TraceReader().expect(-1), ValueError, "size"),
        (lambda: _core.TraceReader().expect(1 << 49), ValueError, "size"),
        (lambda: _core.TraceReader().expect("5"), TypeError, "size"),
        (lambda: _core.TraceReader().read_format(b""), _core.TraceError, "line"),
        (lambda: _core.TraceReader().read_format(b"name"), _core.TraceError, "format"),
    ],
)
def test_bad_arguments(
    call: Callable[[], Any], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        call()


def test_nothing_after_finish() -> None:
    reader = _core.TraceReader()
    reader.feed(TEXT)
    reader.finish()
    assert reader.finish() == 0
    with pytest.raises(ValueError, match="new TraceReader"):
        reader.feed(TEXT)
    assert len(reader.take()[0]) > 0


# What it reads.


def test_events_and_lines() -> None:
    events, lines, counters = read(TEXT)
    assert events.dtype == np.dtype(list(_core.EVENT_FIELDS))
    assert lines.dtype == np.uint32
    assert lines.tolist() == [4, 5, 7, 8]
    assert events["op"].tolist() == [
        OP["mm_page_free"],
        OP["mm_page_alloc"],
        OP["mm_page_alloc"],
        OP["lost_events"],
    ]
    assert events["addr"][:3].tolist() == [0x1064, 0x1066, 0x1067]
    assert events["order"][:3].tolist() == [1, 0, 2]
    assert events["ts_ns"][0] == 9_304_546_000
    assert events["gfp"][1] == _core.gfp_parse("6.1", "GFP_KERNEL|__GFP_ZERO")
    assert events["migratetype"][2] == _core.MIGRATETYPES.index("Movable")
    assert events["context"][0] & _core.CTX_IRQS_OFF
    assert events["context"][0] >> _core.CTX_DEPTH_SHIFT == 3
    assert counters["unknown"] == {"oom_score_adj_update": 1}
    assert counters["lost_events"] == events["arg"][3] == 12
    assert counters["cpus"] == 1
    assert counters["malformed_lines"] == 1
    first = counters["first_malformed"]
    assert (first["line"], first["event"], first["field"]) == (9, "mm_page_free", "pfn")
    kinds = ("records", "comments", "unknown_lines", "malformed_lines")
    assert counters["lines"] == sum(counters[name] for name in kinds) == 9


SLAB = b"""\
 init-1 [000] ..... 1.000001: kmem_cache_free: call_site=f ptr=ffff89809561d000 \
name=dentry
 init-1 [000] ..... 1.000002: kmalloc: call_site=f ptr=ffff898082527780 \
bytes_req=168 bytes_alloc=192 gfp_flags=GFP_KERNEL node=-1 accounted=true
 init-1 [000] ..... 1.000003: kmem_cache_alloc: call_site=f ptr=ffff89809561d000 \
bytes_req=184 bytes_alloc=192 gfp_flags=GFP_KERNEL node=0 accounted=false
 init-1 [000] ..... 1.000004: kmem_cache_free: call_site=f ptr=ffff89809561d000 \
name=filp
"""


def test_slab_events_and_the_names_of_their_caches() -> None:
    reader = _core.TraceReader()
    assert reader.cache_names() == ()
    assert reader.feed(SLAB) == 4
    assert reader.cache_names() == ("dentry", "filp")
    events = np.asarray(reader.take()[0])
    assert events["arg"].tolist() == [1, 168, 184 | 192 << 16, 2]
    assert events["order"].tolist() == [0, 0, 1, 0]
    assert events["migratetype"].tolist() == [0, 1, 0, 0]
    assert hex(events["addr"][0]) == "0xffff89809561d000"


def test_cuts_make_no_difference() -> None:
    whole = read(TEXT)
    for cut in range(0, len(TEXT), 7):
        events, lines, counters = read(TEXT, cut, min(cut + 3, len(TEXT)))
        assert (events == whole[0]).all()
        assert (lines == whole[1]).all()
        assert counters == whole[2]


@pytest.mark.parametrize("form", [bytes, bytearray, memoryview, np.frombuffer])
def test_any_buffer(form: Callable[..., Any]) -> None:
    reader = _core.TraceReader()
    text = form(TEXT, np.uint8) if form is np.frombuffer else form(TEXT)
    assert reader.feed(text) == 4


def test_take_hands_over_and_goes_on() -> None:
    reader = _core.TraceReader()
    half = TEXT.index(b"            init-1       [000] .....     9.304570")
    reader.feed(TEXT[:half])
    first = np.asarray(reader.take()[0])
    assert len(reader.take()[0]) == 0
    reader.feed(TEXT[half:])
    second, lines = reader.take()
    assert np.asarray(lines).tolist() == [7, 8]
    assert (np.concatenate([first, np.asarray(second)]) == read(TEXT)[0]).all()


def test_many_events_grow_the_arrays() -> None:
    line = TEXT.splitlines(keepends=True)[4]
    events, lines, counters = read(line * 20_000, 12_345, 999_999)
    assert len(events) == counters["records"] == 20_000
    assert (events == events[0]).all()
    assert (lines == np.arange(1, 20_001)).all()


def test_empty_truncated_and_no_text() -> None:
    assert len(read(b"")[0]) == 0
    _, _, counters = read(TEXT[: TEXT.index(b" migratetype=1")])
    assert counters["truncated"]
    _, _, counters = read(bytes(range(256)) * 40)
    assert counters["records"] == 0
    assert counters["malformed_lines"] > 0
    assert "text" in counters["first_malformed"]


def test_layouts_differ() -> None:
    text = TEXT.replace(b"GFP_KERNEL|__GFP_ZERO", b"GFP_ATOMIC")
    old, new = (read(text, layout=layout)[0]["gfp"][1] for layout in _core.LAYOUTS)
    assert old == _core.gfp_parse("6.1", "GFP_ATOMIC")
    assert new == _core.gfp_parse("6.12", "GFP_ATOMIC")
    assert old != new


FORMAT = b"""\
name: mm_page_alloc
ID: 547
format:
\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;

\tfield:unsigned long pfn;\toffset:8;\tsize:8;\tsigned:0;

print fmt: "pfn=0x%lx gfp_flags=%s", REC->pfn, (REC->gfp_flags) ? \
__print_flags(REC->gfp_flags, "|", {(unsigned long)0x400u, "GFP_LUNCH"}) : "none"
"""


@pytest.mark.parametrize("size", [0, 1, 10**5, 10**8, 1 << 40])
def test_a_wrong_size_expected_changes_nothing(size: int) -> None:
    """Also one that there is no memory for, and when all was taken between."""
    line = TEXT.splitlines(keepends=True)[4]
    reader = _core.TraceReader()
    reader.expect(size)
    for part in range(2):
        for _ in range(10):
            reader.feed(line * 15_000)
        events, lines = map(np.asarray, reader.take())
        assert (events == events[0]).all()
        assert (lines == np.arange(1, 150_001) + part * 150_000).all()


def test_format_file_brings_its_flag_names() -> None:
    text = TEXT.replace(b"GFP_KERNEL|__GFP_ZERO", b"GFP_LUNCH")
    assert read(text)[2]["malformed_lines"] == 2
    reader = _core.TraceReader()
    described = reader.read_format(FORMAT)
    assert described["name"] == "mm_page_alloc"
    assert described["id"] == 547
    fields = {field["name"]: field for field in described["fields"]}
    assert fields["pfn"] == {"name": "pfn", "offset": 8, "size": 8, "signed": False}
    reader.feed(text)
    assert np.asarray(reader.take()[0])["gfp"][1] == 0x400


def test_one_reader_one_thread_at_a_time() -> None:
    """Two threads feed one reader: each chunk is read whole, or refused."""
    line = TEXT.splitlines(keepends=True)[4]
    chunk = line * 5000
    reader = _core.TraceReader()
    results: list[int] = []
    refused: list[str] = []

    def work() -> None:
        for _ in range(20):
            try:
                results.append(reader.feed(chunk))
            except RuntimeError as error:
                refused.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    total = len(reader.take()[0])
    assert results
    assert set(results) == {5000}
    assert all("TraceReader is already in use" in text for text in refused)
    assert len(results) + len(refused) == 60
    assert total == 5000 * len(results)


def test_marks_are_numbered_over_all_that_was_taken() -> None:
    def mark(text: str) -> bytes:
        return b"  a-1  [000] d..1.  9.000001: take_stopped: " + text.encode() + b"\n"

    reader = _core.TraceReader()
    assert reader.marks() == (None, None)
    reader.feed(mark("pgsnap 0") + mark("pgsnap 1"))
    assert reader.marks() == (None, 1)
    reader.take()
    reader.feed(mark("pgsnap_end 0") + mark("pgsnap_end 0"))
    assert reader.marks() == (3, None)
    reader.take()
    reader.feed(mark("pgsnap_end 1") + mark("pgsnap 1")[:-1])
    assert reader.marks() == (3, None)
    reader.finish()
    assert reader.marks() == (3, 5)
