"""Builds tests/c in each variant and runs each program as one test."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "c"
PROGRAMS = sorted(path.stem for path in HERE.glob("test_*.c"))
SANITIZERS = {"asan": "-fsanitize=address,undefined", "tsan": "-fsanitize=thread"}


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    # The flags of an outer make are not ours.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "CFLAGS")}
    return subprocess.run(
        ["make", "-C", str(HERE), *arguments],
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )


def sanitizers_work(flags: str, folder: Path) -> bool:
    """True if a program with them is built and runs: not every host lets it."""
    source = folder / "probe.c"
    source.write_text("int main(void) { return 0; }\n")
    program = folder / "probe"
    command = [os.environ.get("CC", "cc"), flags, str(source), "-o", str(program)]
    return (
        subprocess.run(command, capture_output=True).returncode == 0
        and subprocess.run([str(program)], capture_output=True).returncode == 0
    )


@pytest.fixture(scope="module", params=["plain", "asan", "tsan"])
def build(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """The folder of one variant's programs, and the make that built them."""
    for tool in ("make", os.environ.get("CC", "cc")):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    flags = SANITIZERS.get(request.param)
    if flags and not sanitizers_work(flags, folder):
        pytest.skip(f"programs built with {flags} do not run here")
    variant = f"VARIANT={request.param}"
    return folder, make("-s", "-k", "-j2", variant, f"BUILD={folder}", "all")


def test_builds(build: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    assert build[1].returncode == 0, build[1].stdout[-10000:]


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(
    build: tuple[Path, subprocess.CompletedProcess[str]], program: str
) -> None:
    path = build[0] / program
    assert path.exists(), f"{program} was not built: see test_builds"
    result = subprocess.run([str(path)], capture_output=True, text=True, timeout=600)
    output = result.stdout + result.stderr
    assert result.returncode == 0, f"{program}:\n{output[-6000:]}"
    assert "\n1.." in output, f"{program} ended before its plan:\n{output[-6000:]}"


def test_make_refuses_an_unknown_variant(tmp_path: Path) -> None:
    result = make("VARIANT=fast", f"BUILD={tmp_path}", "all")
    assert result.returncode != 0
    assert "VARIANT=fast is none of" in result.stdout


def test_make_help_lists_the_targets() -> None:
    result = make("help")
    for target in ("run", "all", "lib", "clean", "help"):
        assert f"\n{target}\t" in "\n" + result.stdout
