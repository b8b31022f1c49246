"""Builds tests/c in each variant and runs each program as one test."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent / "c"
PROGRAMS = sorted(path.stem for path in HERE.glob("test_*.c"))
CC = os.environ.get("CC", "cc")
VARIANTS = {
    "plain": "",
    "asan": "-fsanitize=address,undefined",
    "tsan": "-fsanitize=thread",
    "valgrind": "",
}
"""The variants of the Makefile, with what the compiler must know for each."""
AT_ONCE = 2
"""Programs that run at the same time."""
TIMEOUT = 600
"""Seconds for one program."""

Completed = subprocess.CompletedProcess[str]


@dataclass(frozen=True)
class Build:
    """The programs of one variant."""

    folder: Path
    made: Completed
    """The make that built them."""
    runs: dict[str, Future[Completed]]
    """By program: those that some test asks for."""


def run(command: list[str], timeout: float | None = None) -> Completed:
    # The flags of an outer make are not ours.
    env = {k: v for k, v in os.environ.items() if k not in ("MAKEFLAGS", "CFLAGS")}
    return subprocess.run(
        command,
        env=env,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=timeout,
    )


def make(*arguments: str) -> Completed:
    return run(["make", "-C", str(HERE), *arguments])


def skip_where_it_cannot_run(variant: str, command: list[str], folder: Path) -> None:
    """A program that does nothing must build and run: not every host lets it."""
    for tool in command[:1]:
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed (Debian: apt-get install {tool})")
    source = folder / "probe.c"
    source.write_text("int main(void) { return 0; }\n")
    program = str(folder / "probe")
    flags = VARIANTS[variant].split()
    if run([CC, *flags, str(source), "-o", program]).returncode != 0:
        pytest.skip(f"{CC} {' '.join(flags)} builds no program here")
    if run([*command, program]).returncode != 0:
        how = " ".join(["built with", *flags] if flags else ["under", *command])
        why = "; on Debian it needs libc6-dbg" if command else ""
        pytest.skip(f"programs {how} do not run here{why}")


def programs_of(request: pytest.FixtureRequest, variant: str) -> list[str]:
    """Those that the tests of this session want to see in a variant."""
    calls = [getattr(item, "callspec", None) for item in request.session.items]
    return [
        call.params["program"]
        for call in calls
        if call and call.params.get("build") == variant and "program" in call.params
    ]


@pytest.fixture(scope="module", params=list(VARIANTS))
def build(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Build]:
    for tool in ("make", CC):
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed")
    folder = tmp_path_factory.mktemp(request.param)
    variant = f"VARIANT={request.param}"
    asked = make("-s", variant, "command")
    assert asked.returncode == 0, asked.stdout
    command = asked.stdout.split()
    skip_where_it_cannot_run(request.param, command, folder)
    made = make("-s", "-k", f"-j{AT_ONCE}", variant, f"BUILD={folder}", "all")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = {
            program: pool.submit(run, [*command, str(folder / program)], TIMEOUT)
            for program in programs_of(request, request.param)
        }
        yield Build(folder, made, runs)
        pool.shutdown(cancel_futures=True)


def test_builds(build: Build) -> None:
    assert build.made.returncode == 0, build.made.stdout[-10000:]


@pytest.mark.parametrize("program", PROGRAMS)
def test_program(build: Build, program: str) -> None:
    path = build.folder / program
    assert path.exists(), f"{program} was not built: see test_builds"
    result = build.runs[program].result()
    output = result.stdout
    assert result.returncode == 0, f"{program}:\n{output[-6000:]}"
    assert "\n1.." in output, f"{program} ended before its plan:\n{output[-6000:]}"


def test_make_refuses_an_unknown_variant(tmp_path: Path) -> None:
    result = make("VARIANT=fast", f"BUILD={tmp_path}", "all")
    assert result.returncode != 0
    assert "VARIANT=fast is none of" in result.stdout


def test_make_help_lists_the_targets() -> None:
    result = make("help")
    for target in ("run", "all", "lib", "command", "clean", "help"):
        assert f"\n{target}\t" in "\n" + result.stdout
