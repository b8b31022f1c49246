"""`buddyalloc doctor`: prints what `buddyalloc.doctor` finds."""

from __future__ import annotations

import argparse
from typing import Any

from ..doctor import examine


def add(verbs: argparse._SubParsersAction[Any]) -> None:
    """Add the verb."""
    verb = verbs.add_parser(
        "doctor",
        help="check the installation and this computer",
        description="Check the installation, replay the recording in the package, "
        "and look whether this computer can record traces.",
    )
    verb.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print each finding; 1 when one is a fault."""
    findings = examine()
    wide = max(len(finding.name) for finding in findings)
    for finding in findings:
        print(f"{finding.mark:<4}  {finding.name:<{wide}}  {finding.text}")
    return int(any(finding.mark == "BAD" for finding in findings))
