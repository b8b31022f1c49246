from __future__ import annotations

import pytest

from buddyalloc.config import items, parse_sample, parse_settings, parse_size


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


def test_items_have_ranges() -> None:
    by_name = {item["name"]: item for item in items()}
    assert by_name["watermark_scale_factor"]["value"] == 10
    assert all(item["min"] <= item["value"] <= item["max"] for item in items())
