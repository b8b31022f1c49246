"""A simulated computer: its page frames, zones, free lists and per-CPU lists."""

from __future__ import annotations

import html
import os
import re
from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np

from . import _core, from_proc, procfs, slabinfo
from .config import RATIO, Settings, boot_settings, by_item, parse_size
from .events import (
    FRAME,
    HANDLE,
    PAGE_SIZE,
    PAGEBLOCK,
    SLAB_OP,
    SLAB_RESULT,
    VMAP_AREA,
    as_array,
)
from .files import InputError, read_input, write_output
from .free_area import FreeArea
from .slab import KmemCache
from .table import Table, html_table

Array = np.ndarray[Any, Any]
Profile = str | Mapping[str, int]
Handles = Array | Sequence[int]

STATE_HEAD = b"pgsnap "
"""What a state file in text begins with."""

SAVE_HEAD = b"BUDDYALC"
"""What a file of `Machine.save` begins with."""

_check = _core.Machine.check
_sysctl = _core.Machine.sysctl

_RESERVE = re.compile(rb"^lowmem_reserve(( \d+)*)", re.M)


def _arch_of(state: bytes) -> str:
    """Whose zones a state has: a reserve for each."""
    match = _RESERVE.search(state)
    count = len(match[1].split()) if match else 0
    archs = (arch for arch, zones in _core.ZONE_TYPES.items() if len(zones) == count)
    return next(archs, "x86_64")


class Machine(_core.Machine):
    """A machine with the page allocator of a Linux kernel.

    Machine("4G") is freshly booted: 4 GiB of memory, one CPU, one node,
    profile "6.1L" (Linux 6.1 of the last stable releases). memory: bytes or
    text such as "512M". arch: "x86_64", or "i386" for a 32-bit kernel, which
    has a zone HighMem above 896 MiB and no DMA32. shared: several threads may
    drive it at one time, each for a CPU of its own (`cpu=`); a second one on
    the same CPU gets a RuntimeError, as does what needs the machine alone
    while others are inside. settings: sysctls and
    profile items by kernel name (`buddyalloc.config.items()` lists them), and
    the boot options kernelcore and movablecore, KiB or text: {"movablecore":
    "512M"} makes a zone Movable of that size. backed: put real bytes behind
    the page frames, for `memory`, `copy_to_user` and `copy_from_user`; they
    take host memory where they are touched, and after os.fork() both processes
    have the same ones unless the child works on a copy. ValueError names a
    value that no machine can have, and the range.
    """

    __slots__ = ()

    def __new__(
        cls,
        memory: int | str,
        *,
        cpus: int = 1,
        nodes: int = 1,
        arch: str = "x86_64",
        profile: Profile = "6.1L",
        shared: bool = False,
        backed: bool = False,
        settings: Settings | None = None,
    ) -> Self:
        size = parse_size(memory)
        return super().__new__(
            cls,
            size,
            cpus=cpus,
            nodes=nodes,
            arch=arch,
            profile=profile,
            shared=shared,
            backed=backed,
            settings=by_item(boot_settings(settings, size), arch),
        )

    @classmethod
    def from_state(
        cls,
        path: str | os.PathLike[str],
        *,
        profile: Profile | None = None,
        backed: bool = False,
        settings: Settings | None = None,
    ) -> Self:
        """The machine of a recorded state file, plain, .xz or .gz, or of `save`.

        profile: that of the kernel named in the state when None. backed: as of
        Machine; all bytes are 0, a state file has none. Raises
        TraceError or StateError, naming file and line, for a file that is cut
        off, garbled or contradicts itself.
        """
        data = read_input(path)
        if not data:
            raise _core.TraceError(f"{path}: is empty; record the state again")
        if data.startswith(STATE_HEAD):
            return cls.from_state_text(
                data,
                name=os.fspath(path),
                profile=profile,
                backed=backed,
                settings=settings,
            )
        if not data.startswith(SAVE_HEAD):
            raise _core.TraceError(
                f"{path}:1: is no state file; one begins with 'pgsnap 1 kernel'"
            )
        if profile is not None or backed or settings:
            raise ValueError(
                f"{path}: a saved machine keeps its profile, memory and settings; "
                "give none with it"
            )
        return cls._from_bytes(data, os.fspath(path))

    @classmethod
    def from_state_text(
        cls,
        text: bytes,
        *,
        name: str = "state",
        profile: Profile | None = None,
        backed: bool = False,
        settings: Settings | None = None,
    ) -> Self:
        """As from_state, from the text itself; `name` is used in messages."""
        try:
            return cls._from_state_text(
                text,
                profile=profile,
                backed=backed,
                settings=by_item(settings, _arch_of(text)),
            )
        except (_core.TraceError, _core.StateError) as error:
            raise type(error)(f"{name}: {error}") from None

    @classmethod
    def from_proc(
        cls,
        folder: str | os.PathLike[str] = "/proc",
        *,
        kernel: str | None = None,
        profile: Profile | None = None,
        backed: bool = False,
        settings: Settings | None = None,
        **texts: str | bytes,
    ) -> Self:
        """A machine as zoneinfo, buddyinfo and pagetypeinfo describe it.

        They are read from a folder, or given by name as text. Without
        pagetypeinfo, which only root can read, every pageblock is Movable.
        The module from_proc says where free blocks are put. kernel: a version
        such as "6.1.192"; None: as `version` in the folder says, or as zoneinfo
        looks when a profile is given. Raises
        TraceError or StateError for files that are garbled or contradict
        each other, TypeError for another name than the three.
        """
        if not texts:
            if kernel is None and profile is None:
                kernel = from_proc.kernel_version(folder)
            texts = dict(from_proc.read_folder(folder))
        return cls.from_state_text(
            from_proc.state_text(**texts, kernel=kernel),
            name="from_proc",
            profile=profile,
            backed=backed,
            settings=settings,
        )

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Self:
        """The machine that `save` wrote. TraceError for any other file."""
        return cls._from_bytes(read_input(path), os.fspath(path))

    @classmethod
    def _from_bytes(cls, data: bytes, name: str) -> Self:
        try:
            return cls._load(data)
        except ValueError as error:
            raise _core.TraceError(f"{name}: {error}") from None

    def sysctl(self, name: str, value: int | Sequence[int]) -> None:  # type: ignore[override]
        """Change one sysctl while the machine runs, as a write to /proc/sys/vm.

        What depends on it is computed again from the managed pages of now.
        lowmem_reserve_ratio takes a number for each zone. compact_memory (1)
        compacts all nodes; drop_caches (1, 3) evicts the clean page cache, and
        (2, 3) frees the unused objects of caches with a shrinker. ValueError
        names a name or value that the kernel would refuse; nothing is changed
        then.
        """
        if name != RATIO:
            return _sysctl(self, name, value)  # type: ignore[arg-type]
        for item, number in by_item({name: value}, self.arch).items():
            _sysctl(self, item, number)
        return None

    def save(self, path: str | os.PathLike[str]) -> None:  # type: ignore[override]
        """Write the machine to a compact file; `load` reads it again."""
        write_output(path, super().save())

    def save_state(self, path: str | os.PathLike[str]) -> None:
        """Write the state as text, in the form of the recordings' state files."""
        write_output(path, self.state_text())

    def check(self) -> None:
        """Recount every invariant; InternalError names one that is broken."""
        sentence = _check(self)
        if sentence:
            raise _core.InternalError(
                f"an invariant of the model is broken: {sentence}; please report it"
            )

    def frames(self, first: int = 0, count: int | None = None) -> Array:  # type: ignore[override]
        """The page frame database, (count,) records, read-only.

        Fields: state (index into `events.FRAME_STATES`), order of the block
        the frame belongs to (255 unknown), migratetype of its pageblock, zone
        and node (255 none), flags (1 heads its block, 2 movable).
        """
        return as_array(super().frames(first, count), FRAME)

    def pageblocks(self) -> Array:  # type: ignore[override]
        """All pageblocks, records of migratetype, skip and zone (255 none)."""
        return as_array(super().pageblocks(), PAGEBLOCK)

    def sample(self) -> Array:  # type: ignore[override]
        """Counts of each zone now, (zones,) records.

        Fields: free_blocks (11 orders, 5 migratetypes), pageblocks (5,),
        free_pages, pcp_pages (CPUs,).
        """
        return np.asarray(super().sample())

    def fault_in(  # type: ignore[override]
        self,
        nr: int,
        kind: str = "anon",
        *,
        huge: bool = False,
        madvise: bool = False,
        dirty: bool = False,
        mm: int = 0,
        cpu: int = 0,
        node: int | None = None,
    ) -> _core.FaultOutcome:
        """New pages of user memory, each touched once.

        kind: "anon" (anonymous memory) or "file" (page cache; dirty: made by a
        write). huge: nr huge pages, as transparent_hugepage_enabled and _defrag
        say; madvise: MADV_HUGEPAGE. Each that cannot be had becomes 512 small
        pages with a handle each. mm: the address space, 1 to 255, that the OOM
        killer counts anonymous pages for; 0: nobody's.

        Returns a FaultOutcome. handles: (got,) uint32, by which the pages are
        known while reclaim and compaction move them; fewer than asked for when
        memory ran out, and result (`events.RESULT_TEXTS`) says why. When the
        OOM killer took this mm, that is KILLED, and all its handles are gone,
        those of this call too. ValueError for arguments that do not fit the
        kind, and when the table has no room for so many handles.
        """
        outcome = super().fault_in(
            nr,
            kind,
            huge=huge,
            madvise=madvise,
            dirty=dirty,
            mm=mm,
            cpu=cpu,
            node=node,
        )
        return _core.FaultOutcome((np.asarray(outcome.handles), *outcome[1:]))

    def where(self, handles: Handles) -> Array:  # type: ignore[override]
        """First frames of these pages now, (n,) uint32; `events.PFN32_NONE`: none.

        FrameError for a handle that no page has.
        """
        return np.asarray(super().where(handles))

    def handles(self) -> Array:  # type: ignore[override]
        """All pages of user memory, (n,) records.

        Fields: handle, pfn (`events.PFN32_NONE`: none), state (index into
        `events.HANDLE_STATES`), order, anon (0: page cache), mm (0: none).
        """
        return as_array(super().handles(), HANDLE)

    def vmalloc_pages(self, address: int) -> Array:  # type: ignore[override]
        """Frames of the area of vmalloc or vmap at an address, (pages,) uint32.

        In the order in which they are mapped, without the guard page.
        VmallocError where no area begins.
        """
        return np.asarray(super().vmalloc_pages(address))

    def vmap_areas(self) -> Array:  # type: ignore[override]
        """All areas of vmalloc addresses, in the order of /proc/vmallocinfo.

        (n,) records. Fields: address, size (bytes, with the guard page),
        requested (bytes), pages (the area's own), kind (index into
        `events.VMAP_AREA_KINDS`), vpages (its array of pages is vmalloc'ed),
        large (mapped 2 MiB at a time), user, node_pages (16,).
        """
        return as_array(super().vmap_areas(), VMAP_AREA)

    def lock_waits(self) -> Table:  # type: ignore[override]
        """Every lock of a shared machine, and how often threads waited for it.

        Columns: lock (a key of `events.LOCK_KINDS`, which says what it
        protects), place ("CPU 1, zone Normal, node 0"; empty for what the
        machine has once), waits (how often it was found taken), spins (looks
        at it until it was free). Counted from the machine's creation or
        `clear_lock_waits()` on, modulo 2**32. A machine that is not shared has
        no waits. May be called while other threads act for CPUs.
        """
        rows = super().lock_waits()
        locks, places, waits, spins = zip(*rows, strict=True)
        return Table(
            "Waits for locks",
            {
                "lock": np.array(locks),
                "place": np.array(places),
                "waits": np.array(waits, np.uint32),
                "spins": np.array(spins, np.uint32),
            },
        )

    def kmem_cache_create(  # type: ignore[override]
        self,
        name: str,
        size: int,
        align: int = 0,
        flags: int | str = 0,
        ctor: bool = False,
        useroffset: int = 0,
        usersize: int = 0,
        *,
        freeptr_offset: int | None = None,
    ) -> KmemCache:
        """Make a slab cache, or share an older one that serves as well.

        size (of an object) and align: bytes. flags: `SLAB` or names joined by
        "|". ctor: objects have a constructor; what it writes, if anything,
        `KmemCache.set_constructor` says. Users may copy usersize bytes from
        useroffset on. freeptr_offset: where 6.12 is to put the free pointer.
        ValueError for a name that is taken or longer than 47 bytes, and for an
        object that no slab has room for.
        """
        super().kmem_cache_create(
            name,
            size,
            align,
            flags,
            ctor,
            useroffset,
            usersize,
            freeptr_offset=freeptr_offset,
        )
        return KmemCache(self, name)

    @property
    def caches(self) -> dict[str, KmemCache]:
        """The slab caches by name, the oldest first, without aliases."""
        return {name: KmemCache(self, name) for name, _ in self.cache_names()}

    def kmem_caches_from_slabinfo(
        self, text: str | bytes | None = None
    ) -> list[KmemCache]:
        """Make the caches that /proc/slabinfo of a kernel names, in its order.

        text: the file's text; None for all caches of Debian's kernel of the
        machine's series. What slabinfo does not say (alignment, flags, caches
        that became one with others) is in the tables of `slabinfo`. Names that
        the machine has already are left out. Returns the new ones, the oldest
        first. TraceError names a garbled line; no cache is made then.
        """
        series = _core.LAYOUTS[self.profile_items()["gfp_layout"]]
        if text is None:
            specs = list(slabinfo.cache_specs(series).values())
        else:
            specs = slabinfo.named_caches(text, series)
        there = {
            name for host, aliases in self.cache_names() for name in (host, *aliases)
        }
        return [
            self.kmem_cache_create(
                spec.name,
                spec.object_size,
                spec.align,
                spec.flags,
                spec.ctor,
                spec.useroffset,
                spec.usersize,
                freeptr_offset=spec.freeptr_offset,
            )
            for spec in specs
            if spec.name not in there
        ]

    def kmalloc_bulk(  # type: ignore[override]
        self,
        sizes: Handles,
        gfp: int | str = "GFP_KERNEL",
        *,
        cpu: int = 0,
        node: int | None = None,
    ) -> Array:
        """kmalloc for each of many sizes, in one call: addresses, uint64.

        Fewer than sizes when there is no memory for the next.
        """
        return np.asarray(super().kmalloc_bulk(sizes, gfp, cpu=cpu, node=node))

    def slab_batch(self, operations: Array) -> Array:  # type: ignore[override]
        """Many operations on caches and kmalloc in one call, in their order.

        operations: (n,) records `events.SLAB_OP`, of which op is an
        `events.SlabOp`, node 255 for any, and `of`, for frees, the number of an
        earlier operation whose object is meant (0xffffffff: value is its
        address). Returns (n,) records `events.SLAB_RESULT`: address, 0 when there
        was no memory, and status, 0 or one of `events.SLAB_ERRORS`, for which
        nothing was done. ValueError, and nothing is done, when an operation is
        impossible.
        """
        given = np.ascontiguousarray(operations, dtype=SLAB_OP)
        return as_array(super().slab_batch(given.view(np.uint8)), SLAB_RESULT)

    def proc(self, name: str) -> str:
        """The kernel's text: "buddyinfo", "zoneinfo", ... (`procfs.FILES`).

        The module procfs says which lines of zoneinfo are left out.
        """
        return procfs.render(self, name)

    def free_area(self) -> FreeArea:
        """The free lists by zone, order and migratetype."""
        return FreeArea(self)

    @property
    def zone_names(self) -> tuple[str, ...]:
        """Names of the zones, with the node where there are several."""
        several = self.nr_nodes > 1
        return tuple(
            f"{zone['name']} node {zone['node']}" if several else str(zone["name"])
            for zone in self.zones()
        )

    def zone_index(self, zone: str | int | None = None) -> int:
        """Number of a zone given by name or number; None: the largest one.

        ValueError names the zones there are.
        """
        names = self.zone_names
        if zone is None:
            managed = [z["managed"] for z in self.zones()]
            return managed.index(max(managed))
        if isinstance(zone, str) and zone in names:
            return names.index(zone)
        if isinstance(zone, (int, np.integer)) and 0 <= zone < len(names):
            return int(zone)
        raise ValueError(f"no zone {zone!r}; there are: {', '.join(names)}")

    def _free_mib(self) -> float:
        free = sum(zone["free_pages_exact"] for zone in self.zones())
        return float(free * PAGE_SIZE / 2**20)

    def _size_mib(self) -> float:
        present = sum(zone["present"] for zone in self.zones())
        return float(present * PAGE_SIZE / 2**20)

    def __repr__(self) -> str:
        return (
            f"<Machine {self._size_mib():,.0f} MiB, {self.nr_cpus} CPU"
            f"{'s' if self.nr_cpus > 1 else ''}, {self.nr_nodes} node"
            f"{'s' if self.nr_nodes > 1 else ''}, profile {self.profile}, "
            f"{self._free_mib():,.1f} MiB free>"
        )

    def _repr_html_(self) -> str:
        head = ["zone", "frames from", "to", "managed", "free pages", "per CPU"]
        head += ["min", "low", "high"]
        waiting = self.sample()["pcp_pages"].sum(axis=1).tolist()
        keys = ("start_pfn", "end_pfn", "managed", "free_pages_exact")
        rows = [
            [name, *(z[key] for key in keys), pcp, z["min"], z["low"], z["high"]]
            for name, z, pcp in zip(self.zone_names, self.zones(), waiting, strict=True)
        ]
        return (
            f"<b>{html.escape(repr(self)[1:-1])}</b>{html_table(rows, head)}"
            f"<details><summary>free lists</summary>{self.free_area()._repr_html_()}"
            "</details>"
        )


Machine._own_methods()

__all__ = ["STATE_HEAD", "InputError", "Machine", "Profile"]
