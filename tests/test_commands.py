"""The command line: options, JSON, files, exit status, one line for bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import FIRST, IS_FREE, Recording, alloc, event, free

import buddyalloc as ba
from buddyalloc import datasets
from buddyalloc.__main__ import main
from buddyalloc.events import PFN_NONE
from buddyalloc.progress import progress_bar

FILES = str(datasets.path("files"))
KEYS = {
    "recording": str,
    "kernel": str,
    "profile": str,
    "events": int,
    "unknown_events": dict,
    "lost_events": int,
    "malformed_lines": int,
    "allocations": int,
    "failed": int,
    "exact": int,
    "silent": dict,
    "reordered": int,
    "first_mismatch": (type(None), dict),
    "end_state": (type(None), dict),
    "slab": (type(None), dict),
    "wall_ns": int,
    "events_per_s": float,
}
Captured = pytest.CaptureFixture[str]


def refused(capsys: Captured, *arguments: object) -> str:
    """The one line that a command with bad input prints; its status is 2."""
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("buddyalloc: ")
    return err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "VERB"),
        (["dance"], "dance"),
        (["replay"], "RECORDING"),
        (["replay", FILES, "--events", "some"], "standard"),
        (["replay", FILES, "--sample", "-1"], "--sample"),
        (["replay", FILES, "--set", "fallback"], "NAME=VALUE"),
        (["replay", FILES, "--set", "falback=1"], "closest name is fallback"),
        (["replay", FILES, "--profile", "5.4"], "6.12L"),
        (["replay", "/no/such/trace"], "/no/such/trace: there is no such file"),
        (["replay", FILES, "--state", "/no/state"], "/no/state: there is no such"),
        (["replay", FILES, "--json", "/no/folder/x.json"], "there is no folder"),
        (["replay", FILES, "--frames", "/no/folder/x.npy"], "there is no folder"),
        (["replay", FILES, "--state-out", "/"], "is a folder"),
        (["replay", FILES, "--out", __file__], "is a file"),
    ],
)
def test_bad_arguments(arguments: list[str], sentence: str, capsys: Captured) -> None:
    assert sentence in refused(capsys, *arguments)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "trace.txt:0: the trace is empty"),
        ("hello\n", "trace.txt:1: no line can be read"),
        (free(IS_FREE), "recording:1: no mm_page_alloc event"),
        (alloc(0x7FFFFF), "recording:1: frame 0x7fffff and 0 others lie outside"),
    ],
)
def test_bad_recordings(
    text: str, sentence: str, recording: Recording, capsys: Captured, tmp_path: Path
) -> None:
    outputs = ["--json", "j", "--frames", "f.npy", "--state-out", "s", "--out", "o"]
    arguments = [str(tmp_path / o) if o[0] != "-" else o for o in outputs]
    assert sentence in refused(capsys, "replay", recording(text), *arguments)
    assert os.listdir(tmp_path) == ["recording"]


def test_strict(recording: Recording, capsys: Captured) -> None:
    folder = recording(alloc(FIRST) + event("quiet_vmstat: ") + free(IS_FREE))
    assert main(["replay", str(folder)]) == 0
    out = capsys.readouterr().out
    assert "note: 1 frees could not be done, the first: line 3: free of frame" in out
    assert "already free" in refused(capsys, "replay", folder, "--strict")
    folder = recording(alloc(FIRST) + "CPU:0 [LOST 3 EVENTS]\n")
    assert main(["replay", str(folder)]) == 0
    assert "note: 3 events were lost" in capsys.readouterr().out
    assert "3 events were lost" in refused(capsys, "replay", folder, "--strict")


def test_json_is_what_was_agreed(capsys: Captured) -> None:
    assert main(["replay", FILES, "--json", "-", "--strict"]) == 0
    score = json.loads(capsys.readouterr().out)
    assert list(score) == list(KEYS)
    assert all(isinstance(score[key], kind) for key, kind in KEYS.items())
    assert score["exact"] == score["allocations"] == 83_714
    assert score["silent"] == {"traced": 24, "inferred": 0}
    assert score["first_mismatch"] is None
    end = score["end_state"]
    for name in ("free_lists", "pcp_lists", "pageblocks"):
        assert end.pop(name) == end.pop(f"{name}_identical") > 0
    assert end == {}


def test_a_mismatch_in_json(recording: Recording, capsys: Captured) -> None:
    folder = recording(alloc(IS_FREE) + event("quiet_vmstat: ") + event("other: a"))
    assert main(["replay", str(folder), "--json", "-"]) == 0
    score = json.loads(capsys.readouterr().out)
    assert score["first_mismatch"] == {
        "line": 1,
        "recorded_pfn": IS_FREE,
        "model_pfn": FIRST,
    }
    assert score["unknown_events"] == {"other": 1}
    assert score["end_state"] is None
    assert score["recording"] == str(folder)


def test_all_files(tmp_path: Path, capsys: Captured, trace: ba.Trace) -> None:
    frames, state, score = (tmp_path / n for n in ("f.npy", "s.txt", "score.json"))
    out = tmp_path / "a" / "out"
    options = ["--frames", frames, "--state-out", state, "--json", score, "--out", out]
    assert main(["replay", FILES, "--sample", "5000", *map(str, options)]) == 0
    assert "report: " in capsys.readouterr().out
    array = np.load(frames)
    assert array.dtype == np.uint64
    assert (array == trace.select("mm_page_alloc")["addr"]).all()
    assert state.read_bytes() == trace.state_end
    assert json.loads(score.read_text())["exact"] == 83_714
    assert {"report.html", "free_blocks.png", "free_blocks.csv"} <= set(os.listdir(out))
    assert not [name for name in os.listdir(tmp_path) if name.endswith(".tmp")]
    lines = (out / "free_blocks.csv").read_text().splitlines()
    assert len(lines) == 1 + 372_114 // 5000 + 2


def test_frames_of_failed_allocations_are_all_ones(
    recording: Recording, tmp_path: Path, capsys: Captured
) -> None:
    # Order 10 until nothing of that order is left.
    folder = recording(alloc(IS_FREE, 10) * 100)
    path = tmp_path / "f.npy"
    assert main(["replay", str(folder), "--frames", str(path)]) == 0
    array = np.load(path)
    assert len(array) == 100
    assert array[-1] == PFN_NONE
    assert np.count_nonzero(array == PFN_NONE) < 50
    capsys.readouterr()


def test_settings_and_profile(capsys: Captured) -> None:
    options = ["--profile", "6.12L", "--set", "vm.watermark_boost_factor=0"]
    assert main(["replay", FILES, "--json", "-", *options]) == 0
    assert json.loads(capsys.readouterr().out)["profile"] == "6.12L"


def test_events_standard(capsys: Captured) -> None:
    assert main(["replay", FILES, "--events", "standard", "--json", "-"]) == 0
    score = json.loads(capsys.readouterr().out)
    assert score["silent"]["traced"] == 0
    assert score["exact"] >= 0.999 * score["allocations"]


def run(*arguments: str, cwd: Path, **options: object) -> subprocess.CompletedProcess:
    command = [sys.executable, "-m", "buddyalloc", *arguments]
    return subprocess.run(command, cwd=cwd, capture_output=True, **options)


def test_a_trace_on_standard_input(tmp_path: Path, start_text: str) -> None:
    (tmp_path / "state.txt").write_text(start_text)
    done = run(
        *("replay", "-", "--state", "state.txt", "--json", "-"),
        cwd=tmp_path,
        input=alloc(FIRST).encode(),
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert json.loads(done.stdout)["exact"] == 1


def test_the_demo_needs_no_arguments(tmp_path: Path) -> None:
    done = run("demo", cwd=tmp_path, text=True)
    assert done.returncode == 0, done.stderr
    assert "83,714 (100.000 %)" in done.stdout
    assert "time (s)      0      1" in done.stdout
    assert (tmp_path / "buddyalloc-demo" / "report.html").is_file()


def test_version_and_help(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"{ba.__version__}\n"
    assert main(["replay", "--help"]) == 0
    assert "--state-out" in capsys.readouterr().out


def test_interrupted(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("buddyalloc.commands.replay.replay", interrupted)
    assert main(["replay", FILES]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_no_bar_without_a_terminal() -> None:
    with progress_bar("reading", "B") as progress:
        assert progress is None


@pytest.mark.parametrize("tqdm", [True, False])
def test_a_bar_on_a_terminal(
    tqdm: bool, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    if not tqdm:
        monkeypatch.setitem(sys.modules, "tqdm", None)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    with progress_bar("reading", "B") as progress:
        assert progress is not None
        progress(1, 2)
        progress(2, 2)
    assert capsys.readouterr().out == ""
