"""GFP flags: what a request to the page allocator may do and where it may look.

    GFP.KERNEL | GFP.ZERO                 # of Linux 6.1
    gfp_flags("6.12.111").ATOMIC          # of another kernel: other bits
    GFP.parse("GFP_KERNEL|__GFP_ZERO")    # and str() the other way

docs/gfp.md says of each flag what it does in the kernel and in the model.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Self

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


def _members(layout: str) -> dict[str, int]:
    """Bits by name: those of the core, then each name without its prefix.

    A real name wins: GFP_ATOMIC and ATOMIC are the composite, although there
    is a flag __GFP_ATOMIC.
    """
    names = dict((*_core.GFP_FLAGS[layout], *_core.GFP_NAMES[layout]))
    for prefix in ("__", "GFP_"):
        for name, bits in tuple(names.items()):
            names.setdefault(name.removeprefix(prefix), bits)
    return names


class _Names(enum.EnumType):
    """Makes Tab offer the composites too, which enum takes for aliases."""

    layout: str
    """Kernel that the bits are of: one of LAYOUTS."""

    def __dir__(cls) -> list[str]:
        return sorted({*super().__dir__(), *cls.__members__})

    if TYPE_CHECKING:

        def __getattr__(cls, name: str) -> GfpFlags: ...


class GfpFlags(enum.IntFlag, metaclass=_Names):
    """A word of GFP flags, 32 bits. Its classes are GFP_6_1 and GFP_6_12.

    A member has the kernel's name and shorter ones: `GFP["__GFP_ZERO"]`,
    `GFP.ZERO`; `GFP["GFP_KERNEL"]`, `GFP.KERNEL`. str(), format() and `name`
    give the text that the kernel's traces print, repr() the number too, and
    as a number it goes wherever an int does. Bits without a name are kept;
    ValueError for a number beyond 32 bits.
    """

    @classmethod
    def parse(cls, text: str) -> Self:
        """The flags of a text such as "GFP_KERNEL|__GFP_ZERO".

        Older spellings are understood: GFP_WAIT, GFP_ZERO, GFP_HIGH.
        ValueError names a text with a flag that the kernel does not have.
        """
        return cls(_core.gfp_parse(cls.layout, text))

    @property
    def name(self) -> str:
        """The text that the kernel's traces print."""
        return _core.gfp_format(type(self).layout, self.value)

    @classmethod
    def _missing_(cls, value: object) -> Self:
        if isinstance(value, int):
            if not -(1 << 32) <= value < 1 << 32:
                raise ValueError(f"GFP flags have 32 bits; {value:#x} does not fit")
            value &= 0xFFFFFFFF  # so that ~ keeps bits without a name
        return super()._missing_(value)  # type: ignore[no-any-return]

    def __str__(self) -> str:
        return self.name

    def __format__(self, spec: str) -> str:
        number = spec[-1:] in ("b", "c", "d", "o", "x", "X", "n")
        return format(self.value if number else self.name, spec)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.name} {self.value:#x}>"


class GFP_6_1(GfpFlags):
    """GFP flags with the bits of Linux 6.1."""

    _ignore_ = "flag bits"
    layout = enum.nonmember("6.1")
    for flag, bits in _members("6.1").items():
        vars()[flag] = bits


class GFP_6_12(GfpFlags):
    """GFP flags with the bits of Linux 6.12.

    It has no __GFP_ATOMIC; GFP_ATOMIC and GFP_NOWAIT are other bits.
    """

    _ignore_ = "flag bits"
    layout = enum.nonmember("6.12")
    for flag, bits in _members("6.12").items():
        vars()[flag] = bits


GFP = GFP_6_1
"""The flags of the kernel that a Machine is of by default."""


def gfp_flags(kernel: str) -> type[GfpFlags]:
    """The flags of a kernel version, "6.1" or "6.12.111": GFP_6_1 or GFP_6_12.

    ValueError when nothing is known of that kernel.
    """
    return GFP_6_12 if layout_of(kernel) == GFP_6_12.layout else GFP_6_1


def gfp_parse(text: str, layout: str = "6.1") -> int:
    """The number of `"GFP_KERNEL|__GFP_ZERO"` in the bits of that kernel.

    ValueError names a flag that the kernel does not have.
    """
    return _core.gfp_parse(layout, text)


def gfp_format(value: int, layout: str = "6.1") -> str:
    """The text of a number of GFP flags, as that kernel's traces print it."""
    return _core.gfp_format(layout, value)
