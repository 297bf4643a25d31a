"""Breadth-first search through every state, with hash-compacted memory and shortest traces.

Knows nothing of cards or money: it takes a first state, a function of successors and promises.
A state is remembered by its 64-bit hash; two states with one hash would hide one of them, for a
million states with a probability near 3 in 100 million, and tests compare with exact sets.
"""

import gc
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

S = TypeVar("S", bound=Hashable)
A = TypeVar("A")


@dataclass(frozen=True)
class Violation(Generic[S, A]):
    """A broken promise: its name, what is wrong, and a shortest way there."""

    promise: str
    what: str
    trace: tuple[tuple[A, S], ...]


@dataclass(frozen=True)
class Findings(Generic[S, A]):
    """What a search saw. `exhaustive`: nothing that the bounds allow was left out."""

    states: int
    transitions: int
    depth: int
    endings: int
    exhaustive: bool
    violation: Violation[S, A] | None


class Search(Generic[S, A]):
    """One search; `always` is asked of every state, `in_the_end` of those without successors."""

    def __init__(
        self,
        first: S,
        successors: Callable[[S], Iterator[tuple[A, S]]],
        always: Sequence[Callable[[S], str]],
        in_the_end: Sequence[Callable[[S], str]],
    ) -> None:
        self._first = first
        self._successors = successors
        self._always = always
        self._in_the_end = in_the_end
        self._parents: dict[int, int] = {}
        self._transitions = 0
        self._endings = 0

    def run(self, max_depth: int | None = None, max_states: int | None = None) -> Findings[S, A]:
        """Search level by level until nothing is left, a promise is broken or a limit is met."""
        collecting = gc.isenabled()
        gc.disable()  # states form no cycles; looking for some takes a third of the time
        try:
            return self._run(max_depth, max_states)
        finally:
            if collecting:
                gc.enable()

    def _run(self, max_depth: int | None, max_states: int | None) -> Findings[S, A]:
        self._parents[hash(self._first)] = hash(self._first)
        found = _broken(self._always, self._first)
        broken = None if found is None else self._violation(found, self._first)
        level, depth = [self._first], 0
        while level and broken is None:
            if depth == max_depth or (max_states is not None and len(self._parents) > max_states):
                return self._findings(depth, exhaustive=False)
            level, broken = self._next(level)
            depth += bool(level)
        return self._findings(depth, exhaustive=broken is None, violation=broken)

    def _next(self, level: list[S]) -> tuple[list[S], Violation[S, A] | None]:
        found: list[S] = []
        parents = self._parents
        for state in level:
            parent = hash(state)
            goes_on = False
            for _, after in self._successors(state):
                self._transitions += 1
                key = hash(after)
                goes_on = goes_on or key != parent
                if key in parents:
                    continue
                parents[key] = parent
                broken = _broken(self._always, after)
                if broken is not None:
                    return found, self._violation(broken, after)
                found.append(after)
            if not goes_on:
                self._endings += 1
                broken = _broken(self._in_the_end, state)
                if broken is not None:
                    return found, self._violation(broken, state)
        return found, None

    def _violation(self, broken: tuple[str, str], state: S) -> Violation[S, A]:
        """Walk back by hashes, then forward again to have the actions' names."""
        path = [hash(state)]
        while self._parents[path[-1]] != path[-1]:
            path.append(self._parents[path[-1]])
        trace: list[tuple[A, S]] = []
        at = self._first
        for key in reversed(path[:-1]):
            action, at = next(step for step in self._successors(at) if hash(step[1]) == key)
            trace.append((action, at))
        return Violation(*broken, tuple(trace))

    def _findings(
        self, depth: int, *, exhaustive: bool, violation: Violation[S, A] | None = None
    ) -> Findings[S, A]:
        return Findings(
            len(self._parents), self._transitions, depth, self._endings, exhaustive, violation
        )


def _broken(promises: Sequence[Callable[[S], str]], state: S) -> tuple[str, str] | None:
    for promise in promises:
        what = promise(state)
        if what:
            return promise.__name__, what
    return None
