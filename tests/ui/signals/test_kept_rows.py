"""Rows that were drawn before are the rows that would be drawn now, whatever happened meanwhile."""

import random

import msgspec

from mmcockpit.core.facts.event import Backfilled, Observed
from mmcockpit.core.model.reading import Answer, Fault, FaultKind, Reading
from mmcockpit.core.model.signal import Rule
from mmcockpit.core.model.verdict import Level, Verdict
from mmcockpit.ui.render import readings
from mmcockpit.ui.render.checklist.item_row import RowView, item_row
from mmcockpit.ui.render.checklist.outline import Outline
from mmcockpit.ui.render.lens import Lens
from mmcockpit.ui.render.readings import columns_of, signal_line
from mmcockpit.ui.render.values import cell_text, last_value
from tests.core.rules import anything
from tests.core.sessions import BAD, GONE, GOOD, START, WARNS, Story, number, plan, sensed

LENSES = (*[Lens()] * 4, Lens(out_of_date=True))
ANSWERS: tuple[Answer | float, ...] = (GOOD, GOOD, 0.5, WARNS, BAD, GONE, *[Reading({"x": 1})] * 6, Reading({"x": 2}))


def test_kept_rows_of_signals_are_those_drawn_afresh() -> None:
    chance = random.Random(3)
    active = msgspec.structs.replace(number("on request"), active=True)
    unruled = msgspec.structs.replace(number("unruled"), rule=Rule())
    slow = msgspec.structs.replace(number("slow"), rule=Rule("value.x < 2", agree=2, of=3))
    story = Story(plan(sensed("a"), sensed("b"), signals=(active, unruled, slow)))
    states, kept = story.session.signals, 0
    for _ in range(400):
        story.wait(chance.choice([0.0, 1.0, 5.0, 40.0]))
        name = chance.choice(list(states))
        if chance.random() < 0.05:
            story.tell(Backfilled(name, ((START - chance.random() * 900, chance.random()),)))
        elif chance.random() < 0.3:
            fault = Fault(FaultKind.TIMEOUT, chance.choice(["slow", "slower"]))
            story.tell(Observed(name, fault, Verdict(Level.UNKNOWN, Level.UNKNOWN, "late"), 1.0))
        elif chance.random() < 0.7:
            story.answer(name, chance.choice(ANSWERS))
        lens, width = chance.choice(LENSES), 70
        columns = columns_of(states.values(), lens, width)
        for state in states.values():
            rows = dict(readings._drawn)
            line = signal_line(state, lens, story.now, width, columns)
            kept += readings._drawn == rows
            assert line == readings._signal_line(state, lens, story.now, width, columns)
            assert last_value(state) == (cell_text(state.value, state.signal) if state.reading else "-")
    assert kept > 200


def test_kept_rows_of_items_are_those_drawn_afresh() -> None:
    chance, story, outline = random.Random(5), anything.story(), Outline()
    kept = 0
    for _ in range(300):
        anything.happens(story, chance)
        outline.by_need = chance.random() < 0.8
        outline.take(story.session, "ana")
        known = dict(outline._drawn)
        for item, state in story.session.items.items():
            view = RowView(Lens(), story.now, 90)
            assert outline._item(state, story.session, view) == item_row(state, story.session, view)
            kept += item in known and outline._drawn[item] is known[item]
    assert kept > 100


def test_an_equal_value_that_is_drawn_differently_is_drawn_again() -> None:
    unruled = msgspec.structs.replace(number("unruled"), rule=Rule())
    story = Story(plan(signals=(unruled,)))
    state = story.session.signals["unruled"]
    story.answer("unruled", Reading({"x": True}))
    columns = columns_of([state], Lens(), 70)
    for value in (1, True, 1.0):
        story.answer("unruled", Reading({"x": value}))
        line = signal_line(state, Lens(), story.now, 70, columns)
        assert line == readings._signal_line(state, Lens(), story.now, 70, columns)
