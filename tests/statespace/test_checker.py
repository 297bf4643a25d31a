"""The search itself, on graphs small enough to count by hand."""

from tools.statespace.checker import Search


def search(edges, always=(), in_the_end=(), **limits):
    def successors(node):
        return ((f"{node}>{after}", after) for after in edges.get(node, ()))

    return Search(0, successors, always, in_the_end).run(**limits)


# 0 -> 1 -> 3 -> 4 and the short cut 0 -> 2 -> 4; 4 only returns to itself.
GRAPH = {0: (1, 2), 1: (3,), 2: (4,), 3: (4,), 4: (4,)}


def never(node):
    return lambda state: f"at {state}" if state == node else ""


def test_a_whole_graph_is_counted_and_its_end_is_found():
    found = search(GRAPH)
    assert (found.states, found.transitions, found.depth, found.endings) == (5, 6, 2, 1)
    assert found.exhaustive
    assert found.violation is None


def test_a_violation_comes_with_the_shortest_trace():
    found = search(GRAPH, always=[never(4)])
    assert [action for action, _ in found.violation.trace] == ["0>2", "2>4"]
    assert found.violation.what == "at 4"
    assert not found.exhaustive


def test_the_first_state_is_checked_too():
    assert search(GRAPH, always=[never(0)]).violation.trace == ()


def test_the_end_is_where_nothing_new_can_happen():
    assert search(GRAPH, in_the_end=[never(2), never(3)]).violation is None
    assert search(GRAPH, in_the_end=[never(4)]).violation.what == "at 4"


def test_a_depth_that_cuts_something_off_is_not_exhaustive():
    cut = search(GRAPH, always=[never(4)], max_depth=1)
    assert (cut.states, cut.exhaustive, cut.violation) == (3, False, None)
    # One level more sees all states; only the level after it would show that nothing follows.
    assert search(GRAPH, max_depth=9).exhaustive


def test_a_limit_of_states_is_not_exhaustive():
    assert not search(GRAPH, max_states=2).exhaustive
