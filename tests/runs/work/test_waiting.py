"""Whose turn it is in the queue of a hosted dashboard."""

import math
import random

import pytest

from tests.support.tickets import space_of, ticket_of
from tlcore.runs.work.tickets import submit
from tlcore.runs.work.waiting import STATE_FILE, State, UnderWay, Waiting, in_turn, position, read_state
from tlcore.system.home import in_space


def names(tickets):
    return [ticket.key.name for ticket in tickets]


def test_visitors_take_turns_and_not_runs(home):
    sweep = [ticket_of(home, "a", f"a{number}", is_run=True, submitted=number) for number in range(1, 5)]
    others = [ticket_of(home, letter, f"{letter}1", is_run=True, submitted=10) for letter in "bc"]
    assert names(in_turn([*others, *sweep], {})) == ["a1", "b1", "c1", "a2", "a3", "a4"]


def test_who_has_work_under_way_is_after_those_who_came_later(home):
    waiting = [ticket_of(home, "a", "a2", submitted=1), ticket_of(home, "b", "b1", submitted=5)]
    assert names(in_turn(waiting, {str(space_of(home, "a").home): math.inf})) == ["b1", "a2"]
    assert names(in_turn(waiting, {})) == ["a2", "b1"]


def test_of_one_visitor_what_a_page_waits_for_comes_before_trainings(home):
    tickets = [ticket_of(home, "a", "run", is_run=True, submitted=1), ticket_of(home, "a", "scan", submitted=2)]
    assert names(in_turn(tickets, {})) == ["scan", "run"]


@pytest.mark.parametrize("seed", range(20))
def test_nobody_overtakes_and_nobody_starves(home, seed):
    """Serves the queue with new arrivals: the next piece of work of each visitor never moves back, and between two
    turns of one visitor everybody who waits has one."""
    draw = random.Random(seed)
    blank = ticket_of(home, "a", "x")
    now, number, served, waiting, history = 100.0, 0, {}, [], []
    for _ in range(60):
        for _ in range(draw.choice([0, 0, 1, 2])):
            now, number = now + 1, number + 1
            letter, is_run = draw.choice("aaabcd"), draw.random() < 0.5
            there = space_of(home, letter).home
            waiting.append(
                blank.model_copy(update={"home": there, "key": there / str(number), "submitted": now, "is_run": is_run})
            )
        order = in_turn(draw.sample(waiting, len(waiting)), served)
        assert sorted(order, key=id) == sorted(waiting, key=id)
        if not order:
            continue
        line = list(dict.fromkeys(ticket.home for ticket in order))
        if history:
            earlier = [home for home in history[-1][0] if home != history[-1][1] and home in line]
            assert line[: len(earlier)] == earlier  # nobody who came later is before those who waited
        history.append((line, line[0]))
        waiting.remove(order[0])
        now += 1
        served[str(order[0].home)] = now
        rest = in_turn(waiting, served)
        assert rest == [ticket for ticket in order if ticket is not order[0]]  # as it was said before


def test_the_wait_is_what_those_before_will_take(home):
    tickets = [ticket_of(home, letter, letter, submitted=ord(letter), size=10) for letter in "abcd"]
    for ticket in tickets:
        with in_space(ticket.space):
            submit([ticket])
    took = {"audit": 2.0}
    state = State(under_way=UnderWay(ticket=tickets[0], since=1000.0), took=took)
    (home / "queue" / STATE_FILE).write_text(state.model_dump_json())
    assert read_state() == state
    assert position(tickets[0].key, now=1005.0) == Waiting(0, 0.0)
    assert position(tickets[1].key, now=1005.0) == Waiting(1, 15.0)
    assert position(tickets[3].key, now=1005.0) == Waiting(3, 55.0)
    assert position(tickets[3].key, now=9999.0) == Waiting(3, 40.0)  # it takes longer than expected
    assert position(home / "elsewhere") is None


def test_a_damaged_state_is_an_empty_one(home):
    (home / "queue").mkdir(parents=True)
    for content in ("", "{", '{"served": 3}', '{"took": {"a": -1}}'):
        (home / "queue" / STATE_FILE).write_text(content)
        assert read_state() == State()


def test_a_place_in_words():
    assert Waiting(0, 0.0).words == ""
    assert Waiting(1, 0.0).words == "Next in the queue"
    assert Waiting(1, 39.2).words == "Next in the queue, in about 40 s"
    assert Waiting(12, 3600.0).words == "Number 12 in the queue, in about 1 h 00 min"
