"""What a replay gives: score, outcomes, samples, fallbacks, the machine after it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from .events import PAGE_SIZE
from .machine import Machine
from .samples import Samples
from .table import html_table
from .trace import Trace

if TYPE_CHECKING:
    from .plotter import Plotter

Array = np.ndarray[Any, Any]


@dataclass(frozen=True)
class FirstMismatch:
    """The first allocation that got another frame than the kernel's."""

    event: int
    """Index in the trace's events."""
    line: int
    """Line number in the trace text."""
    recorded_pfn: int
    model_pfn: int
    """All ones (`events.PFN_NONE`) when the model had no page."""


@dataclass(frozen=True)
class Score:
    """How often the model did what the kernel did."""

    events: int
    """Events of the window that were replayed."""
    allocations: int
    """mm_page_alloc lines among them."""
    failed: int
    """Allocations for which the model had no page."""
    exact: int
    """Allocations that got the recorded frame."""
    silent_traced: int
    """Silent pages known from kprobe events."""
    silent_inferred: int
    """Silent pages inferred from frees of pages never seen allocated."""
    amounts_inferred: int
    """Refills and drains of another size than the model's, told by their lines."""
    drains_inferred: int
    """Drains of per-CPU lists that follow from no free."""
    folds_inferred: int
    """Requests served by the kernel that the model first had no zone for."""
    claims_inferred: int
    """Pageblocks that a fallback claimed, or left, against the model's count."""
    reordered: int
    """Operations moved to their true place."""
    bad_frees: int
    """Frees that could not be done: of a free frame, or of no frame."""
    first_bad_free: str | None
    """Sentence with the line of the first of them."""
    outside: int
    """Events that name a frame outside every zone."""
    first_outside: str | None
    """Sentence with the line of the first of them."""
    first_mismatch: FirstMismatch | None

    @property
    def exact_share(self) -> float:
        """Exact by allocations; nan without any."""
        return self.exact / self.allocations if self.allocations else float("nan")


@dataclass(frozen=True)
class SlabScore:
    """How often the model's slab caches did what the kernel's did.

    The lists of a cache are known from the start when the start state has them,
    else from the cache's first new slab on.
    """

    allocations: int
    """Objects allocated of caches whose lists are known."""
    unchecked: int
    """Objects allocated of other caches; nothing was compared."""
    frees: int
    unknown_frees: int
    """Of these, objects of slabs that were not known."""
    same_slab: int
    """Allocations that the model served from the recorded slab."""
    same_address: int
    """Allocations that got the recorded object."""
    address_unknowable: int
    """Allocations in the recorded slab, of an object that could not be foreseen:
    the start of a new slab's random order is not recorded, nor is that order
    where the state has no slabs, until it is learnt."""
    slab_pages: int
    """Page allocations and frees made by slabs in the recording."""
    slab_pages_exact: int
    """Those for which the model asked, or which it gave back, at that event."""
    slab_pages_extra: int
    """Driven: pages that the model's slabs took or gave back at no event."""
    silent_objects: int
    """Objects that bulk calls, which have no events, took or gave back."""
    reordered: int
    """Allocations moved before the interrupt that came before their line."""
    first_mismatch_line: int | None
    """Line of the first event that the model did not foresee."""

    @property
    def same_slab_share(self) -> float:
        """same_slab by allocations; nan without any."""
        return self.same_slab / self.allocations if self.allocations else float("nan")


@dataclass(frozen=True)
class EndState:
    """The machine after the replay beside the recorded end state.

    Non-empty lists of either side are counted; identical ones hold the same
    frames in the same order.
    """

    free_lists: int
    free_lists_identical: int
    pcp_lists: int
    pcp_lists_identical: int
    pageblocks: int
    pageblocks_identical: int

    @property
    def identical(self) -> bool:
        """Is everything identical?"""
        return (
            self.free_lists == self.free_lists_identical
            and self.pcp_lists == self.pcp_lists_identical
            and self.pageblocks == self.pageblocks_identical
        )


def _of(count: int, total: int) -> str:
    return f"all {total:,}" if count == total else f"{count:,} of {total:,}"


@dataclass(frozen=True, eq=False, repr=False)
class Result:
    """A replayed trace.

    outcomes: (allocations,) records of `events.OUTCOME`, one for each
    mm_page_alloc line in order. fallbacks: (n,) records of `events.FALLBACK`.
    """

    trace: Trace
    start: Machine
    """The machine before; it was not changed."""
    machine: Machine
    """The machine after."""
    outcomes: Array
    fallbacks: Array
    samples: Samples
    score: Score
    slab: SlabScore | None
    """None where slab events were left out."""
    end_state: EndState | None
    """None where the recording has no end state."""
    options: Mapping[str, Any]
    wall_ns: int
    """Host time of the replay alone, ns."""
    complete: bool = True
    """False when it was interrupted."""

    @property
    def events_per_s(self) -> float:
        """Replayed events by second of host time."""
        return self.score.events / (self.wall_ns / 1e9) if self.wall_ns else 0.0

    @property
    def plot(self) -> Plotter:
        """Every plot of `buddyalloc.plots`, on the table of the same name."""
        # By name: a result can be read where there is no plotting code.
        plotter: Plotter = import_module("buddyalloc.plotter").Plotter(self)
        return plotter

    @property
    def faults(self) -> list[str]:
        """Sentences on what was wrong with the input and was let pass."""
        faults = list(self.trace.faults)
        if self.score.bad_frees:
            faults.append(
                f"{self.score.bad_frees:,} frees could not be done, the first: "
                f"{self.score.first_bad_free}"
            )
        if self.score.outside:
            faults.append(
                f"{self.score.outside:,} frames lie outside every zone, the first: "
                f"{self.score.first_outside}"
            )
        if not self.complete:
            faults.append("the replay was interrupted")
        return faults

    def _slab_facts(self) -> list[tuple[str, Any]]:
        s = self.slab
        if s is None:
            return []
        mode = self.options["slab"]
        addresses = f"{s.same_address:,} same, {s.address_unknowable:,} unknowable"
        pages = _of(s.slab_pages_exact, s.slab_pages)
        if s.slab_pages_extra:
            pages += f", {s.slab_pages_extra:,} extra"
        facts: list[tuple[str, Any]] = [
            (f"slab objects ({mode})", s.allocations),
            ("same slab", _of(s.same_slab, s.allocations)),
            ("addresses", addresses),
            ("slab pages exact", pages),
        ]
        if s.silent_objects:
            facts.append(("objects of bulk calls", s.silent_objects))
        if s.unchecked or s.unknown_frees:
            unknown = f"{s.unchecked:,} allocations, {s.unknown_frees:,} frees"
            facts.append(("of unknown slabs", unknown))
        if s.first_mismatch_line is not None:
            facts.append(("first slab mismatch", f"line {s.first_mismatch_line:,}"))
        return facts

    def facts(self) -> list[tuple[str, Any]]:
        """What the score says, as pairs of words."""
        s, e, first = self.score, self.end_state, self.score.first_mismatch
        silent = f"{s.silent_traced:,} traced, {s.silent_inferred:,} inferred"
        facts: list[tuple[str, Any]] = [
            ("recording", self.trace.name),
            ("kernel", self.trace.kernel or "unknown"),
            ("profile", self.machine.profile),
            ("events", s.events),
            ("allocations", s.allocations),
            ("exact", f"{s.exact:,} ({floor_percent(s.exact, s.allocations)})"),
            ("failed", s.failed),
            ("silent pages", silent),
            ("reordered", s.reordered),
        ]
        told = [
            (s.amounts_inferred, "amounts"),
            (s.drains_inferred, "drains"),
            (s.folds_inferred, "counter folds"),
            (s.claims_inferred, "claims of pageblocks"),
        ]
        if any(count for count, _ in told):
            text = ", ".join(f"{count:,} {what}" for count, what in told if count)
            facts.append(("inferred from lines", text))
        if first:
            got = "none" if first.model_pfn == 2**64 - 1 else f"{first.model_pfn:#x}"
            where = f"line {first.line:,}: recorded {first.recorded_pfn:#x}"
            facts.append(("first mismatch", f"{where}, model {got}"))
        facts += self._slab_facts()
        if e:
            lists = _of(e.free_lists_identical, e.free_lists)
            pcp = _of(e.pcp_lists_identical, e.pcp_lists)
            blocks = _of(e.pageblocks_identical, e.pageblocks)
            facts += [
                ("end state: free lists identical", lists),
                ("end state: per-CPU lists identical", pcp),
                ("end state: pageblocks identical", blocks),
            ]
        else:
            facts.append(("end state", "none recorded"))
        facts += [
            ("lines of other events", self.trace.counts.unknown_lines),
            ("replay", f"{self.wall_ns / 1e6:,.1f} ms"),
        ]
        return facts

    def to_text(self) -> str:
        """The score as aligned lines, then one line for each fault."""
        facts = [
            (name, f"{value:,}" if isinstance(value, int) else str(value))
            for name, value in self.facts()
        ]
        wide = max(len(name) for name, _ in facts)
        lines = [f"{name:<{wide}}  {value}" for name, value in facts]
        return "\n".join([*lines, *(f"note: {fault}" for fault in self.faults)])

    def __repr__(self) -> str:
        s, e = self.score, self.end_state
        parts = [
            f"{s.events:,} events",
            f"exact {_of(s.exact, s.allocations)} allocations",
        ]
        if s.failed:
            parts.append(f"{s.failed:,} failed")
        if s.silent_inferred:
            parts.append(f"{s.silent_inferred:,} silent pages inferred")
        if e:
            parts.append(f"end state {'identical' if e.identical else 'differs'}")
        return f"<Result {self.trace.name}: {', '.join(parts + self.faults)}>"

    def _repr_html_(self) -> str:
        faults = "".join(f"<br>note: {html.escape(fault)}" for fault in self.faults)
        return (
            f"<b>Result {html.escape(self.trace.name)}</b>"
            f"{html_table(self.facts(), ['', ''])}{faults}"
        )

    def free_mib(self) -> Array:
        """(samples,) free memory of all zones, MiB."""
        free: Array = self.samples.free_pages.sum(axis=1) * (PAGE_SIZE / 2**20)
        return free


def floor_percent(part: int, whole: int) -> str:
    """A share that says 100 % only when nothing is missing."""
    if not whole:
        return "-"
    thousandths = part * 100000 // whole
    return f"{thousandths // 1000}.{thousandths % 1000:03} %"
