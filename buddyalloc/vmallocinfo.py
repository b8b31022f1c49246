"""/proc/vmallocinfo: read, and written from a machine, byte for byte.

    for area in read_vmallocinfo(Path("/proc/vmallocinfo").read_text()):
        print(area.start, area.pages, area.caller)

A line has the addresses and their length, with the guard page, and then what
is known of the area: who asked for it, `pages=` of its own frames, `phys=` of
what is mapped there instead, words for its kind, and its frames on each node.
Areas in use come first: in 6.1 by address, in 6.12 of one node of addresses
(16 pages wide, one for each CPU) after the other. Then come those that were
freed and not purged, "unpurged vm_area"; 6.1 prints them behind the last area
in use, and not at all when there is none.

A machine knows no callers, and has neither phys= nor vm_map_ram.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from . import _core
from .procfs import decode, garbled

if TYPE_CHECKING:
    from .machine import Machine

KINDS = ("ioremap", "sparse", "vmalloc", "vmap", "user", "dma-coherent", "vpages")
"""Words for an area's kind, in the order in which the kernel prints them."""

UNPURGED = "unpurged vm_area"
VM_MAP_RAM = "vm_map_ram"

_RANGE = re.compile(r"0x([0-9a-f]{8,16}|0)-0x([0-9a-f]{8,16}|0) +(\d+)")
_REST = re.compile(
    r"(?: (?P<caller>\S+\+0x[0-9a-f]+/0x[0-9a-f]+(?: \[\S+\])?|0x[0-9a-f]+))?"
    r"(?: pages=(?P<pages>\d+))?"
    r"(?: phys=0x(?P<phys>[0-9a-f]+))?"
    rf"(?P<kinds>(?: (?:{'|'.join(KINDS)}))*)"
    r"(?P<nodes>(?: N\d+=\d+)*)"
)


@dataclass(frozen=True)
class VmallocArea:
    """One line of vmallocinfo. Addresses and sizes are bytes."""

    start: int
    """0 where the kernel hides addresses; so is `end`."""
    end: int
    size: int
    """From start to end, with the guard page."""
    caller: str = ""
    """Symbol and offset, or an address; "": not known."""
    pages: int = 0
    """Frames that belong to the area."""
    phys: int | None = None
    """Physical address that is mapped there, of ioremap."""
    kinds: tuple[str, ...] = ()
    """Some of `KINDS`."""
    nodes: dict[int, int] = field(default_factory=dict)
    """Its frames on each node that has some."""
    note: str = ""
    """`UNPURGED`, `VM_MAP_RAM` or "": of such an area no more is known."""

    def __str__(self) -> str:
        """The line as the kernel prints it, without its end."""
        words = [f"0x{self.start:016x}-0x{self.end:016x} {self.size:7d}"]
        if self.caller:
            words.append(self.caller)
        if self.pages:
            words.append(f"pages={self.pages}")
        if self.phys is not None:
            words.append(f"phys=0x{self.phys:016x}")
        words += self.kinds
        words += [f"N{node}={pages}" for node, pages in self.nodes.items()]
        return " ".join([*words, self.note] if self.note else words)


def read_vmallocinfo(text: str | bytes, name: str = "vmallocinfo") -> list[VmallocArea]:
    """The areas of vmallocinfo in the file's order.

    TraceError names a garbled line.
    """
    areas = []
    for at, line in enumerate(decode(text).splitlines(), 1):
        head = _RANGE.match(line)
        if not head:
            raise garbled(
                name, at, line, "is no line of an area ('0xSTART-0xEND SIZE')"
            )
        start, end, size = int(head[1], 16), int(head[2], 16), int(head[3])
        if size != end - start and (start or end):
            raise garbled(name, at, line, "has a size that its addresses deny")
        rest = line[head.end() :]
        if rest.strip() in (UNPURGED, VM_MAP_RAM):
            areas.append(VmallocArea(start, end, size, note=rest.strip()))
            continue
        match = _REST.fullmatch(rest)
        if not match:
            raise garbled(name, at, line, "has words that no vmallocinfo has")
        areas.append(
            VmallocArea(
                start,
                end,
                size,
                match["caller"] or "",
                int(match["pages"] or 0),
                int(match["phys"], 16) if match["phys"] else None,
                tuple(match["kinds"].split()),
                {
                    int(node): int(pages)
                    for node, pages in re.findall(r"N(\d+)=(\d+)", match["nodes"])
                },
            )
        )
    return areas


def areas_of(machine: Machine) -> list[VmallocArea]:
    """What vmallocinfo would say of the machine's areas, in its order."""
    names = _core.VMAP_AREA_KINDS
    areas = []
    for row in machine.vmap_areas():
        start, size = int(row["address"]), int(row["size"])
        kind = names[row["kind"]]
        if kind == "unpurged":
            areas.append(VmallocArea(start, start + size, size, note=UNPURGED))
            continue
        words = {kind} | {word for word in ("user", "vpages") if row[word]}
        nodes = np.flatnonzero(row["node_pages"])
        areas.append(
            VmallocArea(
                start,
                start + size,
                size,
                pages=int(row["pages"]),
                kinds=tuple(word for word in KINDS if word in words),
                nodes={int(node): int(row["node_pages"][node]) for node in nodes},
            )
        )
    return areas


def render(machine: Machine) -> str:
    """The text of vmallocinfo, as the machine's kernel would print it now."""
    areas = areas_of(machine)
    if not machine.profile_items()["vmap_nodes"] and all(a.note for a in areas):
        return ""
    return "".join(f"{area}\n" for area in areas)
