from __future__ import annotations

import pytest

from buddyalloc import Machine
from buddyalloc.config import (
    by_item,
    items,
    parse_sample,
    parse_settings,
    parse_size,
)


@pytest.mark.parametrize("size", ["", "4X", "four", "1.3", "-1G", True, None])
def test_bad_size(size: object) -> None:
    with pytest.raises(ValueError, match=r"4G|whole number"):
        parse_size(size)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("size", "value"),
    [("512M", 2**29), ("4G", 2**32), ("4 GiB", 2**32), ("1.5k", 1536), (4096, 4096)],
)
def test_size(size: int | str, value: int) -> None:
    assert parse_size(size) == value


@pytest.mark.parametrize("sample", [-1, "10", "ms", "0ms", True, 1.5])
def test_bad_sample(sample: object) -> None:
    with pytest.raises(ValueError, match="10ms"):
        parse_sample(sample)  # type: ignore[arg-type]


def test_sample() -> None:
    assert parse_sample(1000) == (1000, 0)
    assert parse_sample("2.5ms") == (0, 2_500_000)


@pytest.mark.parametrize("text", ["min_free_kbytes", "min_free_kbytes=much", "="])
def test_bad_setting(text: str) -> None:
    with pytest.raises(ValueError, match="NAME=VALUE"):
        parse_settings([text])


def test_settings_in_the_forms_of_sysctl() -> None:
    texts = [
        "vm.min_free_kbytes=1",
        "/proc/sys/vm/watermark_scale_factor=2",
        "fallback=0x1",
    ]
    assert parse_settings(texts) == {
        "min_free_kbytes": 1,
        "watermark_scale_factor": 2,
        "fallback": 1,
    }
    row = "vm.lowmem_reserve_ratio=256\t64 0"
    assert parse_settings([row]) == {"lowmem_reserve_ratio": (256, 64, 0)}


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (256, "is 256; give a number for each of DMA, DMA32, Normal, Movable"),
        ("256 32", "give a number for each of DMA"),
        ((1, 2, 3, 4, 5, 6), "give a number for each of DMA"),
        ((256, -1), "of DMA32 is -1; give 0 to 1000000"),
        ((256, "32"), "of DMA32 is '32'"),
    ],
)
def test_bad_row_of_ratios(row: object, words: str) -> None:
    settings = {"lowmem_reserve_ratio": row}
    with pytest.raises(ValueError, match=words):
        by_item(settings, "x86_64")  # type: ignore[arg-type]
    machine = Machine("64M")
    before = machine.copy()
    with pytest.raises(ValueError, match=words):
        machine.sysctl("lowmem_reserve_ratio", row)  # type: ignore[arg-type]
    assert machine == before


def test_a_row_of_ratios_in_the_order_of_the_zones() -> None:
    """256 256 32 0 0 and 256 32 0 0 by default; a shorter row is a beginning."""
    row = {"swappiness": 1, "lowmem_reserve_ratio": (100, 50)}
    assert by_item(row, "x86_64") == {
        "swappiness": 1,
        "lowmem_reserve_ratio_dma": 100,
        "lowmem_reserve_ratio_dma32": 50,
    }
    assert by_item(row, "i386") == {
        "swappiness": 1,
        "lowmem_reserve_ratio_dma": 100,
        "lowmem_reserve_ratio_normal": 50,
    }
    for arch, whole in (("x86_64", (7, 256, 8, 0, 0)), ("i386", (7, 8, 9, 0))):
        one = Machine("2G", arch=arch, settings={"lowmem_reserve_ratio": whole})
        other = Machine("2G", arch=arch)
        other.sysctl("lowmem_reserve_ratio", whole)
        assert one.zones() == other.zones()
        assert one.config() == other.config()
        assert one.config()["lowmem_reserve_ratio_normal"] == 8
        again = Machine.from_state_text(
            one.state_text(), settings={"lowmem_reserve_ratio": whole}
        )
        assert again.config()["lowmem_reserve_ratio_normal"] == 8
        assert again.zones() == one.zones()


def test_items_have_ranges() -> None:
    by_name = {item["name"]: item for item in items()}
    assert by_name["watermark_scale_factor"]["value"] == 10
    assert all(item["min"] <= item["value"] <= item["max"] for item in items())
