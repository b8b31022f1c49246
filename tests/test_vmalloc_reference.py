# SPDX-License-Identifier: GPL-2.0-only
"""vmalloc's addresses against the slow twin tests/reference/vmalloc.py.

The same random calls on both; a difference names the seed and the step:

    BUDDYALLOC_SEEDS=100-199 BUDDYALLOC_STEPS=20000 pytest ...
"""

from __future__ import annotations

import os
import random

import pytest
from reference.vmalloc import PAGE, Vmalloc

from buddyalloc import Machine

STEPS = int(os.environ.get("BUDDYALLOC_STEPS", "1500"))
FIRST_SEED, _, LAST_SEED = os.environ.get("BUDDYALLOC_SEEDS", "1-2").partition("-")
SEEDS = range(int(FIRST_SEED), int(LAST_SEED or FIRST_SEED) + 1)
LIVE = 80
SIZES = ((1, 4), (1, 30), (200, 300), (400, 1500))
"""Pages: of pools, of the largest pool, of areas whose array is vmalloc'ed."""


def same(machine: Machine, twin: Vmalloc, place: str) -> None:
    areas = machine.vmap_areas()
    listing = [(int(row["address"]), int(row["size"])) for row in areas]
    assert listing == twin.listing(), place
    stat = machine.vmalloc_stat()
    assert (stat["lazy_pages"], stat["purges"], stat["pooled"]) == (
        twin.lazy_pages,
        twin.purges,
        twin.pooled,
    ), place


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize(
    ("profile", "cpus"), [("6.1L", 1), ("6.1L", 4), ("6.12L", 1), ("6.12L", 3)]
)
def test_addresses(profile: str, cpus: int, seed: int) -> None:
    rng = random.Random(f"{profile} {cpus} {seed}")
    machine = Machine("1G", cpus=cpus, profile=profile)
    twin = Vmalloc(cpus, profile.startswith("6.12"))
    live: list[int] = []
    for step in range(STEPS):
        place = f"{profile}, {cpus} CPUs, seed {seed}, step {step}"
        cpu = rng.randrange(cpus)
        if live and (len(live) == LIVE or rng.random() < 0.45):
            address = live.pop(rng.randrange(len(live)))
            machine.vfree(address, cpu=cpu)
            twin.vfree(address)
        else:
            size = rng.randint(*rng.choice(SIZES)) * PAGE - rng.randrange(PAGE)
            align = rng.choice((1, 1, PAGE, 4 * PAGE, 32 * PAGE))
            ours = machine.vmalloc(size, align=align, cpu=cpu)
            assert ours == twin.vmalloc(cpu, size, align), place
            assert ours is not None
            live.append(ours)
        if rng.random() < 0.002:
            machine.vm_unmap_aliases(cpu=cpu)
            twin.purge()
        if step % 50 == 0:
            same(machine, twin, place)
    same(machine, twin, "at the end")
    machine.check()
    assert twin.purges > 2
