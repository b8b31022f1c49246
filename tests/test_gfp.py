from __future__ import annotations

import pytest

import buddyalloc as ba
from buddyalloc.gfp import layout_of


def test_unknown_flag_is_named() -> None:
    with pytest.raises(ValueError, match="GFP_NONSENSE"):
        ba.gfp_parse("GFP_NONSENSE")


@pytest.mark.parametrize("layout", ["6.1", "6.12"])
@pytest.mark.parametrize(
    "text", ["GFP_KERNEL", "GFP_HIGHUSER_MOVABLE|__GFP_COMP", "GFP_ATOMIC"]
)
def test_text_and_number(layout: str, text: str) -> None:
    assert ba.gfp_format(ba.gfp_parse(text, layout), layout) == text


def test_a_name_has_other_bits_in_6_12() -> None:
    assert ba.gfp_parse("GFP_ATOMIC", "6.1") == 0xA20
    assert ba.gfp_parse("GFP_ATOMIC", "6.12") == 0x820


@pytest.mark.parametrize(
    ("kernel", "layout"),
    [("6.1.192", "6.1"), ("6.12.111", "6.12"), ("6.12", "6.12")],
)
def test_layout_of_a_kernel(kernel: str, layout: str) -> None:
    assert layout_of(kernel) == layout
