"""What a machine is made of, as users write it: sizes, settings, times.

Settings are the sysctls of the page allocator and the items of a behaviour
profile, under their kernel names; `items()` lists them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from . import _core

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


def parse_settings(texts: Iterable[str]) -> dict[str, int]:
    """Settings from `NAME=VALUE` texts; "vm." before the name may stand.

    ValueError names the text. Names and ranges are checked where the machine
    is made.
    """
    settings: dict[str, int] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip().removeprefix("/proc/sys/").replace("vm/", "vm.")
        try:
            settings[name.removeprefix("vm.")] = int(value, 0)
        except ValueError:
            fault = "has no =" if not equals else f"has no whole number: {value!r}"
            raise ValueError(f"{text!r} {fault}; give NAME=VALUE") from None
    return settings


def items() -> tuple[dict[str, Any], ...]:
    """Every setting: a dict of name, text, min, max and value (the default)."""
    return tuple(_core.config_items())
