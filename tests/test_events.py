"""The dtypes are the records of the C core, byte for byte."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from buddyalloc import _core, events

CSRC = Path(__file__).parent.parent / "csrc"
SIZES = {"uint64_t": 8, "uint32_t": 4, "uint16_t": 2, "uint8_t": 1}


def fields_in_c(header: str, struct: str) -> list[tuple[str, int, int]]:
    """(name, offset, size) of the members of a struct without padding."""
    text = (CSRC / header).read_text()
    body = re.search(rf"struct {struct} {{(.*?)^}};", text, re.S | re.M)
    assert body
    found, offset = [], 0
    for kind, name in re.findall(r"^\t(uint\d+_t)\s+(\w+);", body[1], re.M):
        found.append((name, offset, SIZES[kind]))
        offset += SIZES[kind]
    return found


@pytest.mark.parametrize(
    ("dtype", "header", "struct"),
    [
        (events.EVENT, "sim/event.h", "ba_event"),
        (events.OUTCOME, "sim/event.h", "ba_outcome"),
        (events.FRAME, "sim/probe.h", "ba_probe_frame"),
    ],
)
def test_fields_are_those_of_the_struct(
    dtype: np.dtype, header: str, struct: str
) -> None:
    fields = [
        (name, dtype.fields[name][1], dtype.fields[name][0].itemsize)
        for name in dtype.names
    ]
    assert fields == fields_in_c(header, struct)


def test_sizes() -> None:
    assert events.EVENT.itemsize == _core.EVENT_SIZE == 32
    assert events.OUTCOME.itemsize == _core.OUTCOME_SIZE == 32


def test_numbers_of_ops_and_steps() -> None:
    assert events.Op.MM_PAGE_ALLOC == 0
    assert events.OP_NAMES[events.Op.PGSNAP_END] == "pgsnap_end"
    assert events.OP_KINDS[events.Op.BULK_ENTER] == "k"
    assert events.Step.PCP_HIT == 1
    assert events.Step(3) == events.Step.PCP_HIT | events.Step.PCP_REFILL


def test_words() -> None:
    assert events.MIGRATETYPES[:3] == ("Unmovable", "Movable", "Reclaimable")
    assert events.FRAME_STATES == ("hole", "used", "buddy", "pcp", "isolated")
    assert events.RESULT_TEXTS[0] == "ok"
