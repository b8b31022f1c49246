"""A machine of 1 TiB costs its host what is touched of it.

Each test runs in a process of its own, which has no memory left over from
others; a table that is touched where it need not be shows as resident memory.
"""

from __future__ import annotations

import subprocess
import sys

import pytest

MIB = 1 << 20

PRELUDE = """
import mmap
import buddyalloc as ba

def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * mmap.PAGESIZE

before = resident()
machine = ba.Machine({arguments})
assert machine.nr_frames == 1 << 28
"""

MACHINES = (
    '"1TiB"',
    '"1TiB", nodes=4, cpus=8, profile="6.12L", shared=True',
    '"1TiB", backed=True',
)


def grown(arguments: str, script: str) -> int:
    """Bytes by which a fresh process grew while it ran `script`."""
    source = (
        PRELUDE.format(arguments=arguments) + script + "\nprint(resident() - before)"
    )
    done = subprocess.run(
        [sys.executable, "-P", "-c", source],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.mark.parametrize("arguments", MACHINES)
def test_a_new_machine(arguments: str) -> None:
    assert grown(arguments, "") < 40 * MIB


@pytest.mark.parametrize("arguments", MACHINES)
def test_a_copy_and_all_that_looks_at_it(arguments: str) -> None:
    """Two machines, and nothing for a comparison, a check or a file."""
    script = """
copy = machine.copy()
assert copy == machine and copy.state_hash() == machine.state_hash()
machine.check()
assert len(machine.free_list(machine.nr_zones - 1, 10, 1)) > 50000
assert machine.proc("buddyinfo")
machine.save("/dev/null")
"""
    assert grown(arguments, script) < 60 * MIB


def test_pages_cost_their_descriptors() -> None:
    """1 GiB of pages: 4 MiB of descriptors, and what their zone needs."""
    script = """
pages = machine.alloc_pages_bulk(0, 1 << 18)
assert len(pages) == 1 << 18
machine.check()
touched = machine.copy()
machine.free_pages_list(pages)
machine.drain_all_pages()
machine.check()
assert machine != touched
"""
    assert grown('"1TiB"', script) < 60 * MIB


def test_taken_from_everywhere() -> None:
    """Blocks of the largest order leave their list one by one, in order."""
    script = """
zone = machine.nr_zones - 1
list_of = lambda: machine.free_list(zone, 10, 1)
first = list_of()
assert first == sorted(first) and first[1] - first[0] == 1024
taken = [machine.alloc_pages("GFP_HIGHUSER_MOVABLE", 10) for _ in range(1000)]
assert taken == first[:1000] and list_of() == first[1000:]
for pfn in taken[::2]:
    machine.free_pages(pfn, 10)
assert sorted(list_of()) == sorted(first[1000:] + taken[::2])
machine.check()
"""
    assert grown('"1TiB"', script) < 80 * MIB
