"""Builds the page backends: the model, its peers, and the programs for them.

Each backend is a shared object of its own, with the loops of page_loops.h in
it, so that each has the flags that are best for it. A peer that exists only as
source is built from the tree that was given; without one it is missing.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import common
from record import Missing, Options

HERE = common.ROOT / "benchmarks/c"

LOCKED = "model_locked"
"""The model for several host threads: its locks are atomic instructions."""
UNLOCKED = "model"
"""The same code for one host thread: its locks are plain words."""
TEXTBOOK = ("textbook_tree", "textbook_buddy")
"""Peers that come with the benchmarks."""
GIVEN = {
    "llfree-c": ("peer_llfree", "src/llfree.c"),
    "buddy_alloc": ("peer_buddy_alloc", "buddy_alloc.h"),
    "buddy-malloc": ("peer_buddy_malloc", "buddy-malloc.c"),
}
"""By the peer's name: its adapter, and a file that its tree must have."""
NONE = "none"


def program(name: str, options: Options) -> Path:
    """The program benchmarks/c/NAME.c, without any backend."""
    target = options.folder / name
    if not target.exists():
        sources = [HERE / f"{name}.c", HERE / "page_driver.c"]
        common.compile_to(target, sources, [HERE], ["-O3", "-pthread"], ["-lm"])
    return target


def library(name: str, options: Options, sources: Sequence[Path]) -> Path:
    """A backend of our own sources as a shared object."""
    target = options.folder / f"{name}.so"
    if not target.exists():
        folders = [HERE, common.CSRC]
        common.compile_to(target, sources, folders, [*common.core_flags(), "-shared"])
    return target


def model(options: Options, name: str = UNLOCKED, variant: str = "") -> str:
    """The model in a variant of peer_model.c, as a program takes it."""
    sources = [HERE / "peer_model.c", *common.core_objects(options.folder)]
    target = library("peer_model", options, sources)
    return f"{name}={target}:{variant}"


def peer(name: str, options: Options, variant: str = "") -> str | Missing:
    """A peer from its source tree. ValueError: that is another tree."""
    adapter, file = GIVEN[name]
    option = f"--{common.SOURCES[name]}"
    tree = options.sources.get(name)
    if tree is None:
        return Missing("", name, f"no source tree of it was given ({option} PATH)")
    if not (tree / file).is_file():
        raise ValueError(f"{option} {tree}: no {file} there; give {name}'s source tree")
    target = options.folder / f"{adapter}.so"
    sources, folders = [HERE / f"{adapter}.c"], [HERE, tree]
    flags = [*common.core_flags(), "-shared"]
    compiler = None
    if name == "llfree-c":
        compiler = shutil.which("clang")
        if compiler is None:
            why = (
                "it needs clang, which is not installed (Debian: apt-get install clang)"
            )
            return Missing("", name, why)
        sources += sorted((tree / "src").glob("*.c"))
        folders += [tree / folder for folder in ("include", "src", "std")]
        flags += ["-DNDEBUG", "-DNO_LOG", "-DSTD"]
    if not target.exists():
        common.compile_to(target, sources, folders, flags, (), compiler)
    return f"{name}={target}:{variant}"


def textbook(options: Options) -> list[str]:
    """The two that come with the benchmarks."""
    specs = []
    for name in TEXTBOOK:
        sources = [HERE / f"peer_{name}.c", HERE / f"{name}.c"]
        specs.append(f"{name}={library(name, options, sources)}")
    return specs


def none(options: Options) -> str:
    """The loops alone."""
    return f"{NONE}={library('peer_none', options, [HERE / 'peer_none.c'])}"


def peers(
    bench: str, names: Sequence[str], options: Options, variant: str = ""
) -> tuple[list[str], list[Missing]]:
    """Those of the named peers that can be had, and the others."""
    there: list[str] = []
    missing: list[Missing] = []
    for name in names:
        found = peer(name, options, variant if name == "buddy_alloc" else "")
        if isinstance(found, Missing):
            missing.append(Missing(bench, found.what, found.why))
        else:
            there.append(found)
    return there, missing


def name_of(backend: str) -> str:
    """The name in what a program takes."""
    return backend.partition("=")[0]
