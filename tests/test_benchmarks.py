"""The harness of the benchmarks: its arithmetic, its tables, and that it runs.

Never a time: only that figures are there, and that instruction counts have not
grown.
"""

from __future__ import annotations

import importlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

import buddyalloc as ba

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "benchmarks"


@pytest.fixture(scope="module", autouse=True)
def _modules() -> Iterator[None]:
    """The programs of the folder import one another by their plain names."""
    sys.path.insert(0, str(FOLDER))
    yield
    sys.path.remove(str(FOLDER))


@pytest.fixture(scope="module")
def record() -> ModuleType:
    return importlib.import_module("record")


@pytest.fixture(scope="module")
def goals() -> ModuleType:
    return importlib.import_module("goals")


@pytest.fixture(scope="module")
def report() -> ModuleType:
    return importlib.import_module("report")


@pytest.fixture(scope="module")
def read() -> ModuleType:
    return importlib.import_module("bench_trace_read")


@pytest.fixture(scope="module")
def perf_data() -> ModuleType:
    return importlib.import_module("perf_data")


@pytest.fixture(scope="module")
def readme() -> ModuleType:
    return importlib.import_module("readme")


@pytest.fixture(scope="module")
def baseline() -> ModuleType:
    return importlib.import_module("baseline")


def test_spread(record: ModuleType) -> None:
    assert record.spread([5, 1, 3, 2, 4]) == (3, 2, 4)
    assert record.spread([7]) == (7, 7, 7)


def test_key_names_a_figure_with_and_without_its_number(record: ModuleType) -> None:
    assert record.Figure("pages", "mixed", "model", "ns", (1.0,)).key == (
        "pages mixed model ns"
    )
    large = record.Figure("growth", "hot", "model", "ns", (1.0,), float(2**28))
    assert large.key == "growth hot model ns 268435456"


def test_results_survive_json(record: ModuleType, tmp_path: Path) -> None:
    figure = record.Figure("pages", "mixed", "model", "ns", (1.5, 2.5), 4.0)
    missing = record.Missing("pages", "llfree-c", "no tree")
    results = record.Results([figure, missing])
    (tmp_path / "r.json").write_text(results.to_json({"title": "a machine"}))
    head, again = record.load(tmp_path / "r.json")
    assert head == {"title": "a machine"}
    assert list(again.figures.values()) == [figure]
    assert again.missing == [missing]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"figures": [1], "missing": []}'])
def test_load_names_the_file_that_is_none(
    record: ModuleType, tmp_path: Path, text: str
) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(ValueError, match=r"bad\.json: not the JSON file of a run"):
        record.load(tmp_path / "bad.json")


def test_a_benchmark_run_again_replaces_its_figures(record: ModuleType) -> None:
    old = record.Figure("pages", "gone", "model", "ns", (1.0,))
    kept = record.Figure("slab", "hot", "model", "ns", (1.0,))
    results = record.Results([old, kept, record.Missing("pages", "x", "y")])
    results.drop("pages")
    assert list(results.figures.values()) == [kept]
    assert results.missing == []


def test_ratios_are_made_inside_a_round(goals: ModuleType, record: ModuleType) -> None:
    # The machine was twice as slow in the second round: for both.
    own = record.Figure("b", "w", "own", "ns", (1.0, 2.0, 1.0))
    peer = record.Figure("b", "w", "peer", "ns", (4.0, 8.0, 5.0))
    part = goals.Part("P9", "times as fast", "b w peer ns", "b w own ns", 4, 5)
    verdict = goals.judge(part, record.Results([own, peer]))
    assert verdict.values == (4.0, 4.0, 5.0)
    assert verdict.says == "met"


@pytest.mark.parametrize(
    ("value", "most", "says"),
    [
        (5.0, False, "stretch"),
        (4.0, False, "met"),
        (3.9, False, "not met"),
        (3.0, True, "stretch"),
        (4.0, True, "met"),
        (4.1, True, "not met"),
    ],
)
def test_verdicts(
    goals: ModuleType, record: ModuleType, value: float, most: bool, says: str
) -> None:
    stretch = 3.5 if most else 5
    part = goals.Part("P9", "x", "b w o ns", "", 4, stretch, most=most)
    results = record.Results([record.Figure("b", "w", "o", "ns", (value,))])
    assert goals.judge(part, results).says == says


def test_speed_is_a_number_over_a_time(goals: ModuleType, record: ModuleType) -> None:
    part = goals.Part("T1", "events", 1e3, "b w o ns", 6, 11, "M/s")
    results = record.Results([record.Figure("b", "w", "o", "ns", (100.0, 50.0))])
    assert goals.judge(part, results).values == (10.0, 20.0)


def test_what_was_not_measured_says_why(goals: ModuleType, record: ModuleType) -> None:
    part = goals.Part("P1", "x", "pages hot llfree-c ns", "pages hot own ns", 1, 2)
    missing = record.Missing("pages", "llfree-c", "no source tree")
    verdict = goals.judge(part, record.Results([missing]))
    assert verdict.values == ()
    assert verdict.says == "not measured: llfree-c: no source tree"


def test_rounds_that_do_not_pair_are_no_ratio(
    goals: ModuleType, record: ModuleType
) -> None:
    part = goals.Part("P1", "x", "b w a ns", "b w b ns", 1, 2)
    one = record.Figure("b", "w", "a", "ns", (1.0, 2.0))
    other = record.Figure("b", "w", "b", "ns", (1.0, 2.0, 3.0))
    assert "same rounds" in goals.judge(part, record.Results([one, other])).says


def test_every_goal_has_a_part(goals: ModuleType) -> None:
    wanted = [f"P{i}" for i in range(1, 9)] + ["K1", "K2", "K3", "T1", "T2", "T3"]
    wanted += ["R1", "R2", "R3", "R4", "M1", "M2", "Y1", "Y2"]
    assert list(dict.fromkeys(part.goal for part in goals.PARTS)) == wanted


def test_a_stretch_is_no_easier_than_what_must_be(goals: ModuleType) -> None:
    for part in goals.PARTS:
        if part.stretch is not None:
            assert goals.reaches(part.stretch, part.must, part.most), part


def test_table_of_figures(report: ModuleType, record: ModuleType) -> None:
    figures = [
        record.Figure("pages", "hot", "model", "ns", (5.0, 5.2, 5.4)),
        record.Figure("pages", "hot", "peer", "ns", (25.0, 26.0, 27.0)),
        record.Figure("pages", "cold", "peer", "ns", (1234.0,)),
    ]
    assert report.bench_table(figures) == (
        "| ns | model | peer |\n"
        "| --- | --: | --: |\n"
        "| hot | 5.20 [5.10..5.30] | 26.0 [25.5..26.5] |\n"
        "| cold |  | 1234 |\n"
    )


def test_change_is_told_only_beyond_the_spread(
    report: ModuleType, record: ModuleType
) -> None:
    def figure(unit: str, *rounds: float) -> object:
        return record.Figure("b", "w", "m", unit, rounds)

    old = figure("ns", 10.0, 11.0, 12.0)
    assert report.change(old, figure("ns", 11.0, 11.5, 12.0)) == "within the spread"
    assert report.change(old, figure("ns", 21.0, 22.0, 23.0)) == "+100.0 %"
    count = figure("instructions", 100.0)
    assert report.change(count, figure("instructions", 100.0)) == "same"
    assert report.change(count, figure("instructions", 95.0)) == "-5.0 %"


def test_comparison_names_what_only_one_run_has(
    report: ModuleType, record: ModuleType
) -> None:
    both = record.Figure("b", "w", "m", "ns", (1.0,))
    gone = record.Figure("b", "gone", "m", "ns", (1.0,))
    new = record.Figure("b", "new", "m", "ns", (1.0,))
    text = report.comparison(record.Results([both, gone]), record.Results([both, new]))
    assert "| b w m ns | 1.00 | 1.00 |" in text
    assert "Only before: b gone m ns\n" in text
    assert "Only after: b new m ns\n" in text


def test_ftrace_events_in_the_form_of_perf(read: ModuleType, tmp_path: Path) -> None:
    """Converted, the reader finds the same in them; but perf has no flags."""
    head = f"{'stress-ng':>16}-{12:<7} [001] d..1.     9.304546: "
    text = "# tracer: nop\n" + "".join(
        head + event + "\n"
        for event in (
            "mm_page_alloc: page=fffff87ac0041900 pfn=0x1064 order=1 migratetype=0 "
            "gfp_flags=GFP_KERNEL|__GFP_ZERO",
            "mm_page_free: page=fffff87ac0041900 pfn=0x1064 order=1",
            "kmalloc: call_site=f+0x1/0x2 ptr=ffff888001064000 bytes_req=72 "
            "bytes_alloc=96 gfp_flags=GFP_KERNEL node=-1 accounted=false",
            "kfree: call_site=f+0x1/0x2 ptr=0000000000000000",
            "bulk_exit: (a+0x0/0x1 <- b) nr=0x3",
        )
    )
    (tmp_path / "ftrace.txt").write_text(text)
    target = read.as_perf(tmp_path / "ftrace.txt", tmp_path / "perf.txt")
    assert target.read_text().splitlines()[3] == (
        f"{'stress-ng':>16} {12:>5} [001] {'9.304546':>12}: {'kmem:kfree':>30}: "
        "call_site=f+0x1/0x2 ptr=(nil)"
    )
    ours = ba.open(tmp_path / "ftrace.txt").events
    perf = ba.open(target).events
    assert len(ours) == 5
    for name in ours.dtype.names or ():
        same = (ours[name] == perf[name]).all()
        assert same == (name != "context"), name


@pytest.mark.parametrize(
    ("installed", "path", "why"),
    [
        (None, Path("perf.data"), "perf is not installed"),
        ("/usr/bin/perf", None, "no recording of perf was given"),
        ("/usr/bin/perf", Path("perf.data"), ""),
    ],
)
def test_why_perf_is_not_measured(
    monkeypatch: pytest.MonkeyPatch,
    perf_data: ModuleType,
    installed: str | None,
    path: Path | None,
    why: str,
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: installed)
    assert perf_data.why_not(path).startswith(why)
    assert bool(perf_data.why_not(path)) == bool(why)


@pytest.mark.skipif(not shutil.which("perf"), reason="perf is not installed")
def test_what_perf_cannot_read_is_told(perf_data: ModuleType, tmp_path: Path) -> None:
    (tmp_path / "perf.data").write_text("no recording")
    with pytest.raises(RuntimeError, match=r"perf script .*perf\.data"):
        perf_data.text(tmp_path / "perf.data", tmp_path)


def test_the_flags_of_a_release(perf_data: ModuleType) -> None:
    releases = ("6.1.0-56-amd64", "6.12.111+deb12-amd64", "6.18.4", "5.10.0", "7.0")
    assert [perf_data.layout(r) for r in releases] == [
        "6.1",
        "6.12",
        "6.12",
        "6.1",
        "6.12",
    ]


def test_readme_is_written_between_its_marks(
    readme: ModuleType, tmp_path: Path
) -> None:
    path = tmp_path / "README.md"
    path.write_text("a\n<!-- x: begin -->\nold\n<!-- x: end -->\nb\n")
    readme.put(path, "x", "new\n")
    assert path.read_text() == "a\n<!-- x: begin -->\nnew\n<!-- x: end -->\nb\n"
    with pytest.raises(ValueError, match=r"the marks <!-- y: begin -->"):
        readme.put(path, "y", "new\n")


def test_headlines_are_beside_their_peers(
    readme: ModuleType, record: ModuleType
) -> None:
    line = readme.Headline("reading", "read perf records wall_ns", "M/s", 1e3, True)
    results = record.Results(
        [
            record.Figure("read", "perf", "records", "wall_ns", (100.0, 100.0)),
            record.Figure("read", "perf", "mawk", "wall_ns", (1900.0, 2100.0)),
            record.Figure("read", "perf", "newlines", "wall_ns", (10.0, 10.0)),
        ]
    )
    table = readme.headline_table(results, [line])
    assert table.endswith("| reading | 10.0 M/s | 20.0 mawk |\n")


@pytest.mark.parametrize(
    ("path", "mark"),
    [
        ("README.md", "performance"),
        ("benchmarks/README.md", "goals"),
        ("benchmarks/README.md", "sample"),
    ],
)
def test_readme_has_the_marks(path: str, mark: str) -> None:
    text = (ROOT / path).read_text()
    assert text.count(f"<!-- {mark}: begin -->\n") == 1
    assert text.count(f"<!-- {mark}: end -->") == 1


def test_grown_counts_are_named(baseline: ModuleType) -> None:
    old = {"a": 100.0, "b": 100.0, "gone": 1.0}
    new = {"a": 104.9, "b": 105.1, "new": 1.0}
    assert baseline.compare(old, new) == [
        "b: 105.1 instructions, were 100.0: +5.1 %",
        "new: 1.0 instructions, none in the baseline",
        "gone: no longer counted",
    ]
    assert baseline.compare(old, old) == []


def test_counts_of_another_compiler_are_not_compared(
    baseline: ModuleType, tmp_path: Path
) -> None:
    baseline.write({"a": 1.0}, tmp_path / "b.json")
    assert baseline.read(tmp_path / "b.json") == {"a": 1.0}
    document = json.loads((tmp_path / "b.json").read_text())
    document["compiler"] = "gcc 1"
    (tmp_path / "b.json").write_text(json.dumps(document))
    with pytest.raises(baseline.CannotCompare, match="was counted with gcc 1 on"):
        baseline.read(tmp_path / "b.json")


def test_instructions_have_not_grown(baseline: ModuleType, tmp_path: Path) -> None:
    try:
        old = baseline.read()
        new = baseline.count(tmp_path)
    except baseline.CannotCompare as error:
        pytest.skip(f"instructions were not compared: {error}")
    assert baseline.compare(old, new) == []


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = dict(os.environ, PYTHONWARNINGS="")
    return subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_quick_runs_without_the_peers(record: ModuleType, tmp_path: Path) -> None:
    result = run("--quick", "--output", str(tmp_path))
    assert result.returncode == 0, result.stderr
    head, results = record.load(tmp_path / "results.json")
    benches = {figure.bench for figure in results.figures.values()}
    assert {"pages", "growth", "scale", "slab", "read", "replay", "wall"} <= benches
    gone = "no source tree of it was given"
    for peer, option in (("llfree-c", "--llfree"), ("buddy_alloc", "--buddy-alloc")):
        assert record.Missing("pages", peer, f"{gone} ({option} PATH)") in (
            results.missing
        )
        assert f"- pages: {peer}: {gone}" in result.stdout
        assert f"- pages: {peer}: {gone}" in (tmp_path / "table.md").read_text()
    for bench in ("read", "replay"):
        assert f"- {bench}: perf_data: " in result.stdout
    assert "quick" in str(head["title"])
    for name in ("pages", "growth", "wall", "reading"):
        assert (tmp_path / f"{name}.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--rounds", "3"], "--rounds 3: at least 7, or 2 with --quick"),
        (["--quick", "--readme"], "--readme wants the times of a whole run"),
        (["--compare", "no.json"], "no.json: no such file"),
        (["--perf-data", "no.data"], "no.data: no such file"),
        (["--only", "nothing"], "invalid choice: 'nothing'"),
    ],
)
def test_wrong_arguments(arguments: list[str], says: str) -> None:
    result = run(*arguments)
    assert result.returncode == 2
    assert says in result.stderr


def test_a_tree_of_something_else_is_refused(tmp_path: Path) -> None:
    result = run(
        "--quick",
        "--only",
        "threads",
        "--llfree",
        str(tmp_path),
        "--output",
        str(tmp_path / "out"),
    )
    assert result.returncode == 1
    assert "no src/llfree.c there; give llfree-c's source tree" in result.stderr
