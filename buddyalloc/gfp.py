"""GFP flags between numbers and the text that traces print."""

from __future__ import annotations

from . import _core

LAYOUTS: tuple[str, ...] = tuple(_core.LAYOUTS)
"""Kernels that differ in the bits: "6.1" and "6.12"."""


def layout_of(kernel: str) -> str:
    """The GFP layout of a kernel version such as "6.1.192".

    Series between two known ones count as the older; TraceError when the
    text holds no version.
    """
    _, items = _core.profile_for_kernel(kernel)
    return LAYOUTS[items["gfp_layout"]]


def gfp_parse(text: str, layout: str = "6.1") -> int:
    """The number of `"GFP_KERNEL|__GFP_ZERO"` in the bits of that kernel.

    ValueError names a flag that the kernel does not have.
    """
    return _core.gfp_parse(layout, text)


def gfp_format(value: int, layout: str = "6.1") -> str:
    """The text of a number of GFP flags, as that kernel's traces print it."""
    return _core.gfp_format(layout, value)
