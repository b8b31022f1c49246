"""Slab caches: what /proc/slabinfo prints, and what their makers asked for.

    lines = read_slabinfo(Path("/proc/slabinfo").read_text())
    lines["dentry"].size                      # bytes from object to object
    cache_specs("6.1")["dentry"].layout()     # the same and more, computed

slabinfo has the size of a slot, not the size, alignment and flags that it
comes from. Those stand in data/slab_caches_6_1.csv and slab_caches_6_12.csv,
one line for each cache of Debian's kernels 6.1.192 and 6.12.111 (amd64), the
oldest cache first. They were read from running kernels, booted in QEMU (one
CPU, 512 MiB, one node, virtio disks, one ext4 file system with blocks of
1 KiB mounted) with slab_nomerge, so that each cache shows what its own maker
asked for: object_size, align, usersize and whether there is a ctor as
/sys/kernel/slab has them; flags and useroffset, which it has only in part,
by a module that walks the kernel's list of caches. `align` is the alignment
that the kernel worked out, which asked for again gives itself. merged_into is
from a second boot that did merge: the cache that the symbolic links of
/sys/kernel/slab name. NO_MERGE also marks a negative reference count.
"""

from __future__ import annotations

import csv
import enum
import re
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import _core
from .gfp import layout_of
from .procfs import decode, garbled

DATA = Path(__file__).parent / "data"

_LINE = re.compile(
    r"(\S+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)\s+(\d+)"
    r" : tunables\s+\d+\s+\d+\s+\d+ : slabdata\s+(\d+)\s+(\d+)\s+\d+"
)


class _Names(enum.EnumType):
    if TYPE_CHECKING:

        def __getattr__(cls, name: str) -> SLAB: ...


class SLAB(enum.IntFlag, metaclass=_Names):
    """SLAB_* flags of a cache, with the bits of Linux 6.1."""

    _ignore_ = "flag bits"
    for flag, bits in _core.SLAB_FLAGS:
        vars()[flag] = bits

    @classmethod
    def parse(cls, text: str) -> SLAB:
        """The flags of a text such as "PANIC|SLAB_ACCOUNT"; "" has none.

        ValueError names a word that is no flag.
        """
        flags = cls(0)
        for word in filter(None, text.split("|")):
            flag = cls.__members__.get(word.removeprefix("SLAB_"))
            if flag is None:
                raise ValueError(
                    f"{word!r} of {text!r} is no SLAB_* flag; join names of "
                    f"{', '.join(cls.__members__)} by '|'"
                )
            flags |= flag
        return flags


NO_FLAGS = SLAB(0)


@dataclass(frozen=True)
class SlabinfoLine:
    """One cache of slabinfo."""

    name: str
    active_objs: int
    """Objects in use, or free in a slab that a CPU holds."""
    num_objs: int
    """Objects of all slabs."""
    size: int
    """Bytes of a slot, from one object to the next."""
    objects: int
    """Objects of a slab, unless memory was short when it was made."""
    pages: int
    """Page frames of such a slab."""
    active_slabs: int
    num_slabs: int


def read_slabinfo(text: str | bytes, name: str = "slabinfo") -> dict[str, SlabinfoLine]:
    """The caches of slabinfo by name, in the file's order: the newest first.

    TraceError names a garbled line.
    """
    lines = decode(text).splitlines()
    if not lines or not lines[0].startswith("slabinfo - version: 2."):
        raise _core.TraceError(
            f"{name}: is no slabinfo of version 2; copy the file again (as root)"
        )
    found: dict[str, SlabinfoLine] = {}
    for at, line in enumerate(lines[1:], 2):
        if not line.strip() or line.startswith("#"):
            continue
        match = _LINE.fullmatch(line.rstrip())
        if not match:
            raise garbled(name, at, line, "is no line of a cache")
        if match[1] in found:
            raise garbled(name, at, line, "names a cache for the second time")
        found[match[1]] = SlabinfoLine(match[1], *map(int, match.groups()[1:]))
    return found


@dataclass(frozen=True)
class CacheSpec:
    """What the maker of a cache asked kmem_cache_create for. Sizes are bytes."""

    kernel: str
    """The kernel that it was asked of, "6.1" or "6.12"."""
    name: str
    object_size: int
    align: int = 0
    flags: SLAB = NO_FLAGS
    ctor: bool = False
    useroffset: int = 0
    """Where the bytes begin that users may copy, and how many they are."""
    usersize: int = 0
    freeptr_offset: int | None = None
    """Where in the object the free pointer goes; 6.12 may be told."""
    merged_into: str | None = None
    """The older cache that it became one with, unless slab_nomerge was said."""

    def layout(self, **boot: Any) -> dict[str, int]:
        """The layout of the cache; `boot` is nr_cpus and so on of slab_layout."""
        return _core.slab_layout(
            self.object_size,
            self.align,
            self.flags,
            self.ctor,
            self.useroffset,
            self.usersize,
            kernel=self.kernel,
            freeptr_offset=self.freeptr_offset,
            **boot,
        )


@cache
def _table(kernel: str) -> tuple[CacheSpec, ...]:
    path = DATA / f"slab_caches_{kernel.replace('.', '_')}.csv"
    with path.open(encoding="ascii", newline="") as file:
        return tuple(
            CacheSpec(
                kernel,
                row["name"],
                int(row["object_size"]),
                int(row["align"]),
                SLAB.parse(row["flags"]),
                row["ctor"] == "1",
                int(row["useroffset"]),
                int(row["usersize"]),
                int(row["freeptr_offset"]) if row["freeptr_offset"] else None,
                row["merged_into"] or None,
            )
            for row in csv.DictReader(file)
        )


def cache_specs(kernel: str = "6.1") -> dict[str, CacheSpec]:
    """Every cache of a booted kernel by name, the oldest first.

    Those of the module's tables. ValueError when nothing is known of `kernel`.
    """
    return {spec.name: spec for spec in _table(layout_of(kernel))}


def _fitted(spec: CacheSpec, line: SlabinfoLine) -> CacheSpec:
    """The spec if it gives slots of the size of the line, else one that does.

    That of a kernel built otherwise: object_size is then the largest one, and
    of the bytes for users is known only that the cache stands alone.
    """
    if spec.layout()["size"] == line.size:
        return spec
    alone = SLAB.NO_MERGE if spec.usersize else NO_FLAGS
    spec = replace(
        spec,
        align=min(spec.align, line.size & -line.size),
        flags=spec.flags & ~SLAB.HWCACHE_ALIGN | alone,
        useroffset=0,
        usersize=0,
        freeptr_offset=None,
    )
    whole = replace(spec, object_size=line.size)
    if whole.layout()["size"] == line.size:
        return whole
    return replace(spec, object_size=line.size - 8)  # and the free pointer


def named_caches(text: str | bytes, kernel: str = "6.1") -> list[CacheSpec]:
    """What to make for a machine to have the caches of a slabinfo.

    The oldest cache first; behind each the caches that became one with it,
    which slabinfo does not show. A cache that the tables do not know, or know
    with another size, gets what gives the size that slabinfo has.

    TraceError names a garbled line, ValueError an unknown kernel.
    """
    known = cache_specs(kernel)
    series = layout_of(kernel)
    merged: dict[str, list[CacheSpec]] = {}
    for spec in known.values():
        if spec.merged_into:
            merged.setdefault(spec.merged_into, []).append(spec)
    specs: list[CacheSpec] = []
    for name, line in reversed(read_slabinfo(text).items()):
        plain = CacheSpec(series, name, line.size, 8)
        spec = _fitted(known.get(name, plain), line)
        specs.append(spec)
        if spec is known.get(name):
            specs += merged.get(name, [])
    return specs
