"""What a machine is made of, as users write it: sizes, settings, times.

Settings are the sysctls of the page allocator and the items of a behaviour
profile, under their kernel names; `items()` lists them. The one sysctl that is
a row of numbers, lowmem_reserve_ratio, is there an item for each zone, and can
also be given as the row.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from . import _core

Settings = Mapping[str, int | str | Sequence[int]]
"""Numbers by name; a row of numbers for lowmem_reserve_ratio, and for the boot
options kernelcore and movablecore also their text: "512M" or "25%"."""

BOOT_OPTIONS = ("kernelcore", "movablecore")
"""Sizes of parts of memory; their items are numbers of KiB."""

RATIO = "lowmem_reserve_ratio"
"""A number for each zone that the kernel knows, in their order."""

_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(i?b)?\s*", re.I)
_FACTOR = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_TIME = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ns|us|ms|s)\s*")
_NS = {"ns": 1, "us": 10**3, "ms": 10**6, "s": 10**9}


def parse_size(size: int | str) -> int:
    """Bytes of `"512M"`, `"4G"`, `"4GiB"` or a number of bytes.

    Suffixes are powers of 1024. ValueError for anything else.
    """
    if isinstance(size, int) and not isinstance(size, bool):
        return size
    match = _SIZE.fullmatch(size) if isinstance(size, str) else None
    if not match:
        raise ValueError(
            f'{size!r} is no size of memory; give bytes or text such as "512M" or "4G"'
        )
    value = float(match[1]) * _FACTOR[match[2].lower()]
    if value != int(value):
        raise ValueError(f"{size!r} is not a whole number of bytes")
    return int(value)


def parse_sample(sample: int | str) -> tuple[int, int]:
    """(events, ns) between two samples: `1000` events or `"10ms"` of trace time.

    ValueError for a negative number or another text.
    """
    if isinstance(sample, int) and not isinstance(sample, bool) and sample >= 0:
        return sample, 0
    match = _TIME.fullmatch(sample) if isinstance(sample, str) else None
    ns = round(float(match[1]) * _NS[match[2]]) if match else 0
    if not ns:
        raise ValueError(
            f"{sample!r} is no sampling step; give a number of events or a "
            'time such as "10ms"'
        )
    return 0, ns


def parse_settings(texts: Iterable[str]) -> dict[str, int | str | Sequence[int]]:
    """Settings from `NAME=VALUE` texts; "vm." before the name may stand.

    ValueError names the text. Names and ranges are checked where the machine
    is made.
    """
    settings: dict[str, int | str | Sequence[int]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().removeprefix("/proc/sys/").replace("vm/", "vm.")
        name = name.removeprefix("vm.")
        try:
            row = tuple(int(word, 0) for word in value.split())
            settings[name] = row if name == RATIO else int(value, 0)
        except ValueError:
            fault = "has no =" if not equals else f"has no whole number: {value!r}"
            raise ValueError(f"{text!r} {fault}; give NAME=VALUE") from None
    return settings


def boot_settings(settings: Settings | None, memory: int) -> Any:
    """The settings with the boot options in KiB.

    memory: bytes of the machine. ValueError for a text that is no size.
    """
    if not isinstance(settings, Mapping):
        return settings  # what is wrong with it the machine says
    flat: dict[str, Any] = dict(settings)
    for name in BOOT_OPTIONS:
        value = flat.get(name)
        if not isinstance(value, str):
            continue
        percent = re.fullmatch(r"\s*(\d+)\s*%\s*", value)
        if percent and int(percent[1]) <= 100:  # of all frames but the first
            flat[name] = (memory // 4096 - 1) * int(percent[1]) // 100 * 4
        else:
            flat[name] = parse_size(value) // 1024
    return flat


def by_item(settings: Settings | None, arch: str) -> Any:
    """The settings with an item for each number of lowmem_reserve_ratio.

    As in the kernel a shorter row changes the first zones only, and the last
    zone's number, with nothing above it, has no effect. ValueError names the
    row and the zones there are.
    """
    zones = _core.ZONE_TYPES.get(arch)
    if not isinstance(settings, Mapping) or RATIO not in settings or zones is None:
        return settings  # what is wrong with it the machine says
    ranges = {item["name"]: range(item["min"], item["max"] + 1) for item in items()}
    flat: dict[str, Any] = dict(settings)
    row = flat.pop(RATIO)
    if isinstance(row, (int, str)) or len(row) > len(zones):
        raise ValueError(
            f"{RATIO} is {row!r}; give a number for each of " + ", ".join(zones)
        )
    for zone, number in zip(zones, row, strict=False):
        name = f"{RATIO}_{zone.lower()}"
        if name not in ranges:
            continue
        if number not in ranges[name]:
            raise ValueError(
                f"{RATIO} of {zone} is {number!r}; give {ranges[name][0]} to "
                f"{ranges[name][-1]}"
            )
        flat[name] = number
    return flat


def items() -> tuple[dict[str, Any], ...]:
    """Every setting: a dict of name, text, min, max and value (the default)."""
    return tuple(_core.config_items())
