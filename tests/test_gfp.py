from __future__ import annotations

import pickle
import re
from pathlib import Path

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc import GFP, GFP_6_1, GFP_6_12, _core
from buddyalloc.gfp import LAYOUTS, GfpFlags, layout_of

CLASSES = {"6.1": GFP_6_1, "6.12": GFP_6_12}

# Bits of include/linux/gfp_types.h, read there; not from our table.
BITS = {
    "__GFP_DMA": 0x1,
    "__GFP_HIGHMEM": 0x2,
    "__GFP_DMA32": 0x4,
    "__GFP_MOVABLE": 0x8,
    "__GFP_RECLAIMABLE": 0x10,
    "__GFP_HIGH": 0x20,
    "__GFP_IO": 0x40,
    "__GFP_FS": 0x80,
    "__GFP_ZERO": 0x100,
    "__GFP_DIRECT_RECLAIM": 0x400,
    "__GFP_KSWAPD_RECLAIM": 0x800,
    "__GFP_RECLAIM": 0xC00,
    "__GFP_WRITE": 0x1000,
    "__GFP_NOWARN": 0x2000,
    "__GFP_RETRY_MAYFAIL": 0x4000,
    "__GFP_NOFAIL": 0x8000,
    "__GFP_NORETRY": 0x10000,
    "__GFP_MEMALLOC": 0x20000,
    "__GFP_COMP": 0x40000,
    "__GFP_NOMEMALLOC": 0x80000,
    "__GFP_HARDWALL": 0x100000,
    "__GFP_THISNODE": 0x200000,
    "__GFP_ACCOUNT": 0x400000,
    "__GFP_ZEROTAGS": 0x800000,
    "__GFP_SKIP_ZERO": 0,
    "__GFP_NOLOCKDEP": 0,
    "GFP_KERNEL": 0xCC0,
    "GFP_KERNEL_ACCOUNT": 0x400CC0,
    "GFP_NOIO": 0xC00,
    "GFP_NOFS": 0xC40,
    "GFP_USER": 0x100CC0,
    "GFP_DMA": 0x1,
    "GFP_DMA32": 0x4,
    "GFP_HIGHUSER": 0x100CC2,
    "GFP_HIGHUSER_MOVABLE": 0x100CCA,
    "GFP_TRANSHUGE_LIGHT": 0x1C20CA,
    "GFP_TRANSHUGE": 0x1C24CA,
}
ONLY = {
    "6.1": {
        "__GFP_ATOMIC": 0x200,
        "GFP_ATOMIC": 0xA20,
        "GFP_NOWAIT": 0x800,
        "__GFP_SKIP_KASAN_UNPOISON": 0,
        "__GFP_SKIP_KASAN_POISON": 0,
    },
    "6.12": {
        "GFP_ATOMIC": 0x820,
        "GFP_NOWAIT": 0x2800,
        "__GFP_SKIP_KASAN": 0,
        "__GFP_NO_OBJ_EXT": 0x1000000,
    },
}
OLD = {"__GFP_WAIT": 0xC00, "__GFP_REPEAT": 0x4000, "GFP_TEMPORARY": 0xCD0}


def test_unknown_flag_is_named() -> None:
    with pytest.raises(ValueError, match="GFP_NONSENSE"):
        ba.gfp_parse("GFP_NONSENSE")
    with pytest.raises(ValueError, match=r"'GFP_KERNEL\|__GFP_ATOMIC'.*6\.12"):
        GFP_6_12.parse("GFP_KERNEL|__GFP_ATOMIC")
    with pytest.raises(AttributeError):
        GFP_6_12.__GFP_ATOMIC  # noqa: B018
    with pytest.raises(KeyError):
        GFP["GFP_NONSENSE"]


@pytest.mark.parametrize("value", [1 << 32, ~(1 << 32), 1 << 70])
def test_a_number_beyond_32_bits_is_refused(value: int) -> None:
    with pytest.raises(ValueError, match=f"32 bits; {value:#x}"):
        GFP(value)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_every_name_of_the_kernel_has_its_bits(layout: str) -> None:
    flags, want = CLASSES[layout], BITS | ONLY[layout]
    assert {name: int(flags[name]) for name in want} == want
    core = dict(_core.GFP_FLAGS[layout]) | dict(_core.GFP_NAMES[layout])
    assert core == want | OLD


@pytest.mark.parametrize("layout", LAYOUTS)
def test_short_names_are_the_same_flags(layout: str) -> None:
    flags, names = CLASSES[layout], BITS | ONLY[layout] | OLD
    for name, bits in names.items():
        short = name.removeprefix("__").removeprefix("GFP_")
        if short != "ATOMIC":
            assert flags[short] == flags[f"GFP_{short}"] == bits
            assert flags.parse(f"GFP_{short}") == bits
        assert getattr(flags, name) is flags[name]
        assert {name, short} <= set(dir(flags))
    assert flags.ATOMIC == flags.GFP_ATOMIC == names["GFP_ATOMIC"]


def test_the_composite_wins_over_a_flag_of_the_same_name() -> None:
    assert GFP.ATOMIC == 0xA20
    assert GFP["__GFP_ATOMIC"] == 0x200
    assert "__GFP_ATOMIC" not in GFP_6_12.__members__


def test_the_default_is_the_layout_of_the_default_machine() -> None:
    items = ba.Machine("16M").profile_items()
    assert GFP.layout == LAYOUTS[items["gfp_layout"]]
    assert GFP is GFP_6_1


@pytest.mark.parametrize(
    ("kernel", "flags"),
    [("6.1", GFP_6_1), ("6.1.192", GFP_6_1), ("6.12", GFP_6_12), ("6.12.9", GFP_6_12)],
)
def test_flags_of_a_kernel(kernel: str, flags: type[GfpFlags]) -> None:
    assert ba.gfp_flags(kernel) is flags
    assert layout_of(kernel) == flags.layout


def test_flags_of_an_unknown_kernel() -> None:
    with pytest.raises(ValueError, match=r"5\.4"):
        ba.gfp_flags("5.4")


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (GFP.KERNEL | GFP.ZERO, "GFP_KERNEL|__GFP_ZERO"),
        (GFP(0), "none"),
        (GFP.RECLAIM, "GFP_NOIO"),
        (GFP.KSWAPD_RECLAIM, "GFP_NOWAIT"),
        (GFP_6_12.KSWAPD_RECLAIM, "__GFP_KSWAPD_RECLAIM"),
        (GFP_6_12(0xCC0 | 1 << 24), "GFP_KERNEL|0x1000000"),
        (GFP.TRANSHUGE & ~GFP.RECLAIM, "GFP_TRANSHUGE_LIGHT"),
        (GFP_6_12.ATOMIC | GFP_6_12.NOWARN, "GFP_ATOMIC|__GFP_NOWARN"),
    ],
)
def test_printed_as_the_kernel_prints(flags: GfpFlags, text: str) -> None:
    assert str(flags) == flags.name == f"{flags}" == text
    assert f"{flags:>60}" == text.rjust(60)
    assert f"{flags:#x}" == hex(flags)
    assert f"{flags:d}" == str(int(flags))
    assert text in repr(flags)
    assert type(flags).parse(text) is flags


def test_a_flag_is_a_number() -> None:
    flags = GFP.KERNEL | 0x100
    assert isinstance(flags, GFP)
    assert flags == 0xDC0
    assert np.array([flags, GFP.ATOMIC], dtype=np.uint32).tolist() == [0xDC0, 0xA20]
    assert GFP.HIGH in GFP.ATOMIC
    assert GFP.ZERO not in GFP.KERNEL
    assert [int(flag) for flag in GFP.NOFS] == [0x800, 0x40, 0x400]
    assert len(list(GFP)) == 24
    assert len(list(GFP_6_12)) == 24  # without ATOMIC, with NO_OBJ_EXT
    assert pickle.loads(pickle.dumps(flags)) is flags


def test_not_keeps_bits_without_a_name() -> None:
    assert GFP(0x80000DC0) & ~GFP.ZERO == 0x80000CC0
    assert ~GFP(0) == 0xFFFFFFFF
    assert ~~GFP.KERNEL is GFP.KERNEL


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("GFP_WAIT", GFP.RECLAIM),
        ("__GFP_WAIT", GFP.RECLAIM),
        ("GFP_HIGH", GFP.HIGH),
        ("GFP_ZERO", GFP.ZERO),
        ("GFP_RECLAIMABLE", GFP.RECLAIMABLE),
        ("GFP_WAIT|GFP_IO|GFP_FS", GFP.KERNEL),
        ("GFP_REPEAT", GFP.RETRY_MAYFAIL),
    ],
)
def test_spellings_of_older_texts(text: str, flags: GfpFlags) -> None:
    assert GFP.parse(text) is flags
    assert ba.gfp_parse(text) == flags
    assert text not in str(flags).split("|")


@pytest.mark.parametrize("profile", ["6.1L", "6.12L"])
def test_a_machine_takes_flags_and_their_names(profile: str) -> None:
    flags = ba.gfp_flags(profile.removesuffix("L"))
    wanted = flags.HIGHUSER_MOVABLE | flags.COMP | flags.ZERO
    machines = [ba.Machine("64M", profile=profile) for _ in range(3)]
    for machine, gfp in zip(machines, (wanted, int(wanted), str(wanted)), strict=True):
        assert machine.alloc_pages(gfp, 3) is not None
        assert machine.alloc_pages_outcome(gfp).migratetype == 1
        assert len(machine.alloc_pages_bulk(gfp, 7)) == 7
    assert machines[0] == machines[1] == machines[2]


def test_a_machine_reads_names_as_its_own_kernel_does() -> None:
    assert ba.Machine("64M").alloc_pages("__GFP_ATOMIC") is not None
    with pytest.raises(ValueError, match=r"'__GFP_ATOMIC'.*6\.12"):
        ba.Machine("64M", profile="6.12L").alloc_pages("__GFP_ATOMIC")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize(
    "text", ["GFP_KERNEL", "GFP_HIGHUSER_MOVABLE|__GFP_COMP", "GFP_ATOMIC"]
)
def test_text_and_number(layout: str, text: str) -> None:
    assert ba.gfp_format(ba.gfp_parse(text, layout), layout) == text


DOCS = (Path(__file__).parent.parent / "docs" / "gfp.md").read_text()
# | `__GFP_DMA` | 0x1 | - | ...
ROW = re.compile(r"^\| `(\w+)` \| (-|0x[0-9a-f]+) \| (-|0x[0-9a-f]+) \|", re.M)


def test_the_tables_of_the_docs_have_every_flag_and_its_bits() -> None:
    rows = ROW.findall(DOCS)
    assert len(rows) == len({name for name, *_ in rows})
    for column, layout in enumerate(LAYOUTS, start=1):
        written = {row[0]: int(row[column], 16) for row in rows if row[column] != "-"}
        core = dict(_core.GFP_FLAGS[layout]) | dict(_core.GFP_NAMES[layout])
        assert written == core


def test_the_example_of_the_docs(capsys: pytest.CaptureFixture[str]) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", DOCS, re.M | re.S)
    exec(code, {})
    said = [line.partition("  # ")[2] for line in code.splitlines() if "print" in line]
    assert capsys.readouterr().out.splitlines() == said
