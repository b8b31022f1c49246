from __future__ import annotations

import numpy as np
import pytest

import buddyalloc as ba
from buddyalloc.samples import Samples


def test_shapes(result: ba.Result) -> None:
    samples = result.samples
    n = len(samples)
    assert samples.free_blocks.shape == (n, 2, 11, 5)
    assert samples.pageblocks.shape == (n, 2, 5)
    assert samples.pcp_pages.shape == (n, 2, 1)
    assert samples.time_s[0] == 0
    assert samples.nr_free().shape == samples.nr_free(0).shape == (n, 11)
    assert repr(samples) == f"<Samples: {n:,} instants of 2 zone(s)>"


def test_columns_cannot_be_changed(result: ba.Result) -> None:
    with pytest.raises(ValueError, match="read-only"):
        result.samples.free_pages[0] = 0


def test_from_records() -> None:
    rows = np.stack([ba.Machine("64M").sample()] * 3)
    samples = Samples.from_records(np.arange(3), np.arange(3) * 10**9, rows)
    assert samples.time_s.tolist() == [0, 1, 2]
    assert (samples.unusable_free_index(0) >= 0).all()
    assert (samples.fragmentation_index(0) == -1000).any()
