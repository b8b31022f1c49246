# SPDX-License-Identifier: GPL-2.0-only
"""Slow twin of csrc/mm/vmap_tree.h and vmap_area.h: which addresses vmalloc gives out.

Written from the kernel's rules (mm/vmalloc.c, 6.1 and 6.12) and textbook red-black
trees, apart from the C core: nodes are objects, the largest size below a node is
worked out anew at each look, everything else is a plain list.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PAGE = 4096
START = 0xFFFFC90000000000
END = START + (32 << 40) - 1
LAST = (1 << 64) - 1
POOL_PAGES = 256
ZONE = 16 * PAGE


@dataclass(eq=False)
class Area:
    """A range of addresses, [start, end); `node`: of the pool it belongs to."""

    start: int
    end: int
    node: int | None = None
    red: bool = True
    up: Area | None = None
    left: Area | None = None
    right: Area | None = None

    @property
    def size(self) -> int:
        return self.end - self.start

    def fits(self, size: int, align: int, low: int) -> int | None:
        """Where such a request would begin."""
        at = -(-max(self.start, low) // align) * align
        return at if at + size <= self.end else None


def most(area: Area | None) -> int:
    """The largest size in a tree."""
    if area is None:
        return 0
    return max(area.size, most(area.left), most(area.right))


class Tree:
    """A red-black tree by address, balanced as in Cormen et al."""

    def __init__(self) -> None:
        self.root: Area | None = None

    def areas(self) -> list[Area]:
        """All of them, upwards."""
        found: list[Area] = []

        def walk(area: Area | None) -> None:
            if area:
                walk(area.left)
                found.append(area)
                walk(area.right)

        walk(self.root)
        return found

    def _replace(self, old: Area, new: Area | None) -> None:
        up = old.up
        if up is None:
            self.root = new
        elif up.left is old:
            up.left = new
        else:
            up.right = new
        if new:
            new.up = up

    def _rotate_left(self, x: Area) -> None:
        y = x.right
        assert y
        self._replace(x, y)
        x.right = y.left
        if y.left:
            y.left.up = x
        y.left, x.up = x, y

    def _rotate_right(self, x: Area) -> None:
        y = x.left
        assert y
        self._replace(x, y)
        x.left = y.right
        if y.right:
            y.right.up = x
        y.right, x.up = x, y

    def insert(self, new: Area) -> None:
        new.left = new.right = new.up = None
        new.red = True
        at = self.root
        while at:
            new.up = at
            at = at.left if new.end <= at.start else at.right
        if new.up is None:
            self.root = new
        elif new.end <= new.up.start:
            new.up.left = new
        else:
            new.up.right = new
        z = new
        while z.up and z.up.red:
            parent, grand = z.up, z.up.up
            assert grand
            if parent is grand.left:
                uncle = grand.right
                if uncle and uncle.red:
                    parent.red = uncle.red = False
                    grand.red, z = True, grand
                    continue
                if z is parent.right:
                    z = parent
                    self._rotate_left(z)
                assert z.up
                z.up.red, grand.red = False, True
                self._rotate_right(grand)
            else:
                uncle = grand.left
                if uncle and uncle.red:
                    parent.red = uncle.red = False
                    grand.red, z = True, grand
                    continue
                if z is parent.left:
                    z = parent
                    self._rotate_right(z)
                assert z.up
                z.up.red, grand.red = False, True
                self._rotate_left(grand)
        assert self.root
        self.root.red = False

    def erase(self, z: Area) -> None:
        if z.left and z.right:
            y = z.right
            while y.left:
                y = y.left
            child, was_red = y.right, y.red
            parent = y.up
            if parent is z:
                parent = y
            else:
                self._replace(y, y.right)
                y.right = z.right
                y.right.up = y
            self._replace(z, y)
            y.left = z.left
            y.left.up = y
            y.red = z.red
        else:
            child, was_red, parent = z.left or z.right, z.red, z.up
            self._replace(z, child)
        if not was_red:
            self._fix(child, parent)
        z.left = z.right = z.up = None

    def _fix(self, x: Area | None, up: Area | None) -> None:
        while x is not self.root and not (x and x.red):
            assert up
            if x is up.left:
                w = up.right
                assert w
                if w.red:
                    w.red, up.red = False, True
                    self._rotate_left(up)
                    w = up.right
                    assert w
                if not (w.left and w.left.red) and not (w.right and w.right.red):
                    w.red = True
                    x, up = up, up.up
                    continue
                if not (w.right and w.right.red):
                    assert w.left
                    w.left.red, w.red = False, True
                    self._rotate_right(w)
                    w = up.right
                assert w
                assert w.right
                w.red, up.red, w.right.red = up.red, False, False
                self._rotate_left(up)
            else:
                w = up.left
                assert w
                if w.red:
                    w.red, up.red = False, True
                    self._rotate_right(up)
                    w = up.left
                    assert w
                if not (w.left and w.left.red) and not (w.right and w.right.red):
                    w.red = True
                    x, up = up, up.up
                    continue
                if not (w.left and w.left.red):
                    assert w.right
                    w.right.red, w.red = False, True
                    self._rotate_left(w)
                    w = up.left
                assert w
                assert w.left
                w.red, up.red, w.left.red = up.red, False, False
                self._rotate_right(up)
            x = self.root
        if x:
            x.red = False

    def lowest(self, size: int, align: int, low: int) -> Area | None:
        """The hole that the kernel finds, not always the lowest that would do."""
        length = size + align - 1 if align > PAGE else size
        at = self.root
        while at:
            if most(at.left) >= length and low < at.start:
                at = at.left
                continue
            if at.fits(size, align, low) is not None:
                return at
            if most(at.right) >= length:
                at = at.right
                continue
            at = at.up
            while at:
                if at.fits(size, align, low) is not None:
                    return at
                if most(at.right) >= length and low <= at.start:
                    low = at.start + 1
                    at = at.right
                    break
                at = at.up
        return None

    def merge(self, new: Area) -> None:
        """Insert, as a part of the neighbours where they touch."""
        before = next((a for a in self.areas() if a.end == new.start), None)
        after = next((a for a in self.areas() if a.start == new.end), None)
        if after:
            after.start = new.start
        if before and after:
            self.erase(after)
        if before:
            before.end = after.end if after else new.end
        if not before and not after:
            self.insert(new)


@dataclass
class Node:
    """What 6.12 keeps for one CPU; 6.1 has one for all, without pools."""

    lazy: Tree = field(default_factory=Tree)
    pools: dict[int, list[Area]] = field(default_factory=dict)


class Addresses:
    """The addresses of one machine."""

    def __init__(self, cpus: int, pooling: bool) -> None:
        self.pooling = pooling
        self.free = Tree()
        self.free.insert(Area(1, LAST))
        self.busy: dict[int, Area] = {}
        self.nodes = [Node() for _ in range(cpus if pooling else 1)]
        self.lazy_max = cpus.bit_length() * (32 << 20) // PAGE
        self.lazy_pages = 0
        self.purges = 0

    @property
    def pooled(self) -> int:
        return sum(len(p) for node in self.nodes for p in node.pools.values())

    def alloc(self, cpu: int, size: int, align: int) -> int | None:
        """An area of `size` bytes, the guard page among them."""
        own = cpu % len(self.nodes) if len(self.nodes) > 1 else None
        if own is not None:
            pool = self.nodes[own].pools.get(size // PAGE, [])
            if pool and pool[0].start % align == 0:
                area = pool.pop(0)
                self.busy[area.start] = area
                return area.start
            pool.append(pool.pop(0)) if pool else None
        start = self._cut(size, align, own)
        if start is None:
            self.purge(full=True)
            start = self._cut(size, align, own)
        return start

    def _cut(self, size: int, align: int, own: int | None) -> int | None:
        hole = self.free.lowest(size, align, START)
        start = hole.fits(size, align, START) if hole else None
        if hole is None or start is None or start + size > END:
            return None
        low, high = hole.start, hole.end
        if (low, high) == (start, start + size):
            self.free.erase(hole)
        elif low == start:
            hole.start = start + size
        elif high == start + size:
            hole.end = start
        else:
            hole.start = start + size
            self.free.insert(Area(low, start))
        self.busy[start] = Area(start, start + size, own)
        return start

    def free_lazily(self, start: int) -> bool:
        """True: so much waits now that a purge is due."""
        area = self.busy.pop(start)
        self.lazy_pages += area.size // PAGE
        if not self.pooling:
            self.nodes[0].lazy.merge(area)
        else:
            number = start // ZONE if area.node is None else area.node
            self.nodes[number % len(self.nodes)].lazy.insert(area)
        return self.lazy_pages > self.lazy_max

    def purge(self, full: bool = False) -> None:
        """One flush for all that waits; with `full`, pools are given up too."""
        work = []
        for node in self.nodes:
            self._decay(node, full)
            work.append((node, node.lazy.areas()))
            node.lazy = Tree()
        self.purges += any(areas for _, areas in work)
        # the first nodes are left to other CPUs, which come after
        busy = [pair for pair in work if pair[1]]
        helpers = min(max(self.lazy_pages // self.lazy_max, 1), max(len(busy), 1)) - 1
        for node, areas in busy[helpers:] + busy[:helpers]:
            self._purge_node(node, areas, full)
        self.lazy_pages = 0

    def _purge_node(self, node: Node, areas: list[Area], full: bool) -> None:
        back: list[Area] = []
        for area in areas:
            pages = area.size // PAGE
            if area.node is not None and not full and pages <= POOL_PAGES:
                node.pools.setdefault(pages, []).insert(0, area)
            elif self.pooling:
                back.insert(0, area)
            else:
                back.append(area)
        for area in back:
            self.free.merge(area)

    def _decay(self, node: Node, full: bool) -> None:
        together = Tree()
        for pages in sorted(node.pools):
            pool = node.pools[pages]
            number = len(pool) if full else len(pool) // 4 or len(pool)
            for area in pool[:number]:
                together.merge(area)
            del pool[:number]
        for area in together.areas():
            self.free.merge(area)

    def listing(self) -> list[tuple[int, int]]:
        """Start and size of each area, as /proc/vmallocinfo orders them."""
        parts: list[list[Area]] = [[] for _ in self.nodes]
        for area in sorted(self.busy.values(), key=lambda a: a.start):
            parts[area.start // ZONE % len(self.nodes)].append(area)
        parts += [node.lazy.areas() for node in self.nodes]
        return [(area.start, area.size) for part in parts for area in part]


class Vmalloc(Addresses):
    """vmalloc and vfree, as far as addresses are concerned."""

    def __init__(self, cpus: int, pooling: bool) -> None:
        super().__init__(cpus, pooling)
        self.array: dict[int, int] = {}

    def vmalloc(self, cpu: int, size: int, align: int = 1) -> int | None:
        """Beyond 512 pages the array of pages is vmalloc'ed, after the area."""
        pages = -(-size // PAGE)
        start = self.alloc(cpu, (pages + 1) * PAGE, align)
        if start is not None and pages * 8 > PAGE:
            array = self.vmalloc(cpu, pages * 8)
            assert array is not None
            self.array[start] = array
        return start

    def _vfree(self, start: int) -> bool:
        due = self.free_lazily(start)
        array = self.array.pop(start, None)
        return (array is not None and self._vfree(array)) or due

    def vfree(self, start: int) -> None:
        """The purge that is due comes when all is done."""
        if self._vfree(start):
            self.purge()
