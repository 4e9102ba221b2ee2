import pytest

from dlsei.policy.states import (
    LABELS,
    LIVE,
    MOVES,
    OPEN,
    allowed,
    choices,
    is_final,
    mermaid,
    states,
)


@pytest.mark.parametrize(
    ("thing", "moves"),
    [
        pytest.param(
            "application",
            "->draft draft->pending pending->approved pending->rejected pending->withdrawn "
            "pending->lapsed approved->lapsed",
            id="4.1.f R24 application",
        ),
        pytest.param(
            "document", "->checking checking->accepted checking->refused", id="R7 document"
        ),
        pytest.param("place", "->waiting waiting->served waiting->ended", id="R11 place"),
        pytest.param(
            "license",
            "->issued ->active issued->invited issued->revoked issued->expired invited->active "
            "invited->revoked invited->expired active->revoked active->expired",
            id="R9 R4 5.z license",
        ),
        pytest.param("case", "->open open->revoked open->dismissed open->closed", id="R16 case"),
    ],
)
def test_only_these_moves_are_allowed(thing: str, moves: str) -> None:
    every = ("", *states(thing))

    assert {f"{a}->{b}" for a in every for b in every if allowed(thing, a, b)} == set(moves.split())


@pytest.mark.parametrize("thing", MOVES)
def test_every_state_has_a_label_can_be_reached_and_is_drawn(thing: str) -> None:
    targets = {to for after in MOVES[thing].values() for to in after}

    assert targets == set(states(thing)) == {state for state, label in choices(thing) if label}
    for state in states(thing):
        assert (f"    {state} --> [*]" in mermaid(thing).splitlines()) == is_final(thing, state)


def test_open_and_live_states_are_those_that_can_still_change() -> None:
    assert {s for s in LABELS["license"] if not is_final("license", s)} == set(LIVE)
    assert set(OPEN) == {"draft", "pending"}


def test_the_diagram_of_a_case() -> None:
    assert mermaid("case") == (
        "stateDiagram-v2\n"
        "    [*] --> open\n"
        "    open --> revoked\n"
        "    open --> dismissed\n"
        "    open --> closed\n"
        "    revoked --> [*]\n"
        "    dismissed --> [*]\n"
        "    closed --> [*]\n"
    )
