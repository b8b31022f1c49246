# SPDX-License-Identifier: GPL-2.0-only
"""Where two models of the same thing differ."""

from __future__ import annotations


def differences(mine: object, theirs: object, place: str = "") -> list[str]:
    """Where two states differ, a line each: place, the core's, the twin's."""
    if mine == theirs:
        return []
    if isinstance(mine, dict) and isinstance(theirs, dict):
        found = []
        for key in sorted({*mine, *theirs}, key=str):
            here = f"{place}[{key}]"
            found += differences(mine.get(key), theirs.get(key), here)
        return found
    return [f"{place}: {mine} != {theirs}"]
