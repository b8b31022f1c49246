"""A replay that reads its trace on the way gives what a replay of the whole gives."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import FIRST, IS_FREE, Recording, alloc, event, free

import buddyalloc as ba
from buddyalloc import datasets
from buddyalloc.commands.common import main
from buddyalloc.stream import WINDOW

FILES = datasets.path("files")
KPROBE = event("quiet_vmstat: ")
LOOKAHEAD = 65536
"""Of events in memory, those that only help to understand the others."""


@pytest.mark.parametrize("window", [LOOKAHEAD + 1000, WINDOW])
def test_the_same_as_the_whole(window: int, trace: ba.Trace) -> None:
    whole = ba.replay(trace, sample=10_000)
    parts = []
    streamed = ba.replay_stream(
        FILES,
        sample=10_000,
        window=window,
        on_outcomes=lambda outcomes: parts.append(outcomes.copy()),
    )
    assert streamed.score == whole.score
    assert streamed.end_state == whole.end_state
    assert streamed.machine.state_text() == whole.machine.state_text()
    assert streamed.trace.counts == trace.counts
    assert (np.concatenate(parts) == whole.outcomes).all()
    for name in ("event", "ts_ns", "free_pages"):
        assert (getattr(streamed.samples, name) == getattr(whole.samples, name)).all()
    assert (len(parts) > 1) == (window < len(trace))
    # nothing of the trace's length is kept
    assert len(streamed.outcomes) == len(streamed.trace) == len(streamed.fallbacks) == 0


def test_lines_of_faults(recording: Recording) -> None:
    """Also of an event that was replayed long before the end."""
    pair = alloc(FIRST) + free(FIRST)
    early = KPROBE + alloc(IS_FREE) + free(0xE900)
    folder = recording(early + (LOOKAHEAD + 10) // 2 * 2 * pair)
    whole = ba.replay(ba.open(folder), sample=0)
    streamed = ba.replay_stream(folder, window=LOOKAHEAD + 8)
    assert streamed.score == whole.score
    assert streamed.score.first_mismatch is not None
    assert streamed.score.first_mismatch.line == 2
    assert streamed.score.bad_frees > 0
    with pytest.raises(ba.FrameError, match=r"recording:3: free of frame"):
        ba.replay_stream(folder, window=LOOKAHEAD + 8, strict=True)


def test_what_is_refused(recording: Recording) -> None:
    with pytest.raises(ValueError, match="give more than 65536 events"):
        ba.replay_stream(FILES, window=LOOKAHEAD)
    with pytest.raises(ba.TraceError, match="no mm_page_alloc event in 1 events"):
        ba.replay_stream(recording(free(IS_FREE)))
    with pytest.raises(ba.TraceError, match="trace is empty"):
        ba.replay_stream(recording(""))
    with pytest.raises(ba.StateError, match="0x7fffff and 0 others lie outside"):
        ba.replay_stream(recording(alloc(0x7FFFFF)))
    with pytest.raises(ba.StateError, match="an event of CPU 3"):
        ba.replay_stream(recording(event("mm_page_free: pfn=0x10 order=0", cpu=3)))
    with pytest.raises(ba.TraceError, match="3 events were lost"):
        ba.replay_stream(
            recording(alloc(FIRST) + "CPU:0 [LOST 3 EVENTS]\n"), strict=True
        )
    late = alloc(FIRST) + event("x: pgsnap_end 0") + alloc(FIRST)
    with pytest.raises(ba.TraceError, match="give a larger window"):
        ba.replay_stream(
            recording(KPROBE + 2 * LOOKAHEAD * free(IS_FREE) + late),
            window=LOOKAHEAD + 1,
        )


def test_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    scores = []
    for more in ([], ["--stream"]):
        assert main(["replay", str(FILES), "--json", "-", *more]) == 0
        score = json.loads(capsys.readouterr().out)
        del score["wall_ns"], score["events_per_s"]
        scores.append(score)
    assert scores[0] == scores[1]
    assert main(["replay", str(FILES), "--stream", "--frames", "x.npy"]) == 2
    assert "--frames" in capsys.readouterr().err
