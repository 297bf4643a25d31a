"""Runs searches and reports them: one line a bound, and a story for each broken promise.

Called by `vafa statespace` and by tests.
"""

import json
from dataclasses import dataclass

from tools.statespace import story
from tools.statespace.bounds import Bound
from tools.statespace.checker import Findings, Search
from tools.statespace.counter import Action
from tools.statespace.invariants import ALWAYS, IN_THE_END
from tools.statespace.moves import beginning, successors
from tools.statespace.rules import DESIGN, Rules
from tools.statespace.world import Budget, State


@dataclass(frozen=True)
class Report:
    """What the search of one bound found, and how long it took."""

    bound: Bound
    findings: Findings[State, Action]
    seconds: float


def search(
    budget: Budget, rules: Rules = DESIGN, max_depth: int | None = None
) -> Findings[State, Action]:
    """Search everything that a budget allows, or everything up to a depth."""
    return Search(
        beginning(budget), lambda state: successors(state, rules), ALWAYS, IN_THE_END
    ).run(max_depth)


def violation_lines(findings: Findings[State, Action]) -> list[str]:
    """The broken promise and the shortest way to it; nothing if all were kept."""
    broken = findings.violation
    if broken is None:
        return []
    return [f"broken: {broken.promise}: {broken.what}", *story.tell(broken.trace)]


def to_json(reports: list[Report]) -> str:
    """Everything that was found, as one line."""
    bounds = [
        {
            "name": report.bound.name,
            "budget": {name: n for name, n in report.bound.budget._asdict().items() if n},
            "states": report.findings.states,
            "transitions": report.findings.transitions,
            "depth": report.findings.depth,
            "endings": report.findings.endings,
            "exhaustive": report.findings.exhaustive,
            "violation": violation_lines(report.findings),
            "seconds": round(report.seconds, 1),
        }
        for report in reports
    ]
    return json.dumps(
        {
            "states": sum(report.findings.states for report in reports),
            "transitions": sum(report.findings.transitions for report in reports),
            "depth": max(report.findings.depth for report in reports),
            "exhaustive": all(report.findings.exhaustive for report in reports),
            "violations": sum(report.findings.violation is not None for report in reports),
            "bounds": bounds,
        }
    )
