"""Steps that a person does: one that offers a message, one that needs a typed phrase, and a procedure begun again."""

import msgspec
import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import ProcedureOpened
from mmcockpit.core.model.procedure import Danger
from mmcockpit.core.rules.messages.templates import change
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.emergencies import ROLLBACK, SERVER, UNDO, argv, closed, emergency_file, telling
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_layout

pytestmark = pytest.mark.anyio

PHRASE = "old rows stay"


async def test_a_step_that_communicates_offers_its_message() -> None:
    night, book = telling(), Notebook()
    app = CockpitApp(night.feed(book), go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, "E", "!")
        await settle(app, pilot)
        assert any(" m  message" in line for line in page(app))
        await typed(app, pilot, "m")
        await settle(app, pilot)
        assert any("production modelmuxer v2.4.1: ROLLBACK" in line for line in page(app))
        await typed(app, pilot, "p")
    (sent,) = [one for one in book.asked if isinstance(one, commands.SendMessage)]
    assert (sent.message, sent.to, sent.change) == ("status", "webhook", change(night.session))


def phrased() -> GoLive:
    """The dangerous step is ready, and requires a phrase besides its target."""
    undo = msgspec.structs.replace(UNDO, phrase=PHRASE, argv=UNDO.argv[:-1], danger=Danger.DANGEROUS)
    file = emergency_file()
    procedure = msgspec.structs.replace(ROLLBACK, steps=(undo,))
    checklist = msgspec.structs.replace(file.checklist, procedures=(procedure,))
    night = GoLive(msgspec.structs.replace(file, checklist=checklist)).good()
    return night.ask(commands.OpenProcedure("ana", procedure.id))


@pytest.mark.parametrize("missing", ["modelmuxer", PHRASE])
async def test_neither_the_target_nor_the_phrase_alone_runs_a_step(missing: str) -> None:
    book = Notebook()
    app = CockpitApp(phrased().feed(book), go_live_layout())
    words = ["modelmuxer", PHRASE]
    words[words.index(missing)] = missing[:-1]
    async with shown(app, 80, 30) as pilot:
        await typed(app, pilot, "E", "!")
        for word in words:
            await typed(app, pilot, "tab", *("space" if key == " " else key for key in word))
        await typed(app, pilot, "tab", "enter", "enter")
        assert book.asked == []
        assert "letter for letter" in "\n".join(page(app))


async def test_target_and_phrase_together_run_it_and_go_with_the_command() -> None:
    book = Notebook()
    app = CockpitApp(phrased().feed(book), go_live_layout())
    async with shown(app, 80, 30) as pilot:
        await typed(app, pilot, "E", "!")
        for word in ("modelmuxer", PHRASE):
            await typed(app, pilot, "tab", *("space" if key == " " else key for key in word))
        await typed(app, pilot, "tab", "enter")
    step = msgspec.structs.replace(UNDO, argv=UNDO.argv[:-1])
    wanted = commands.RunStep("ana", "rollback-kubectl", "undo", argv(step), SERVER, ("modelmuxer", PHRASE))
    assert book.asked == [wanted]


async def test_a_procedure_that_was_given_up_begins_again_from_its_first_step() -> None:
    night, book = closed(), Notebook()
    feed = night.feed(book)
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 80, 24) as pilot:
        await typed(app, pilot, ":", *"panel procedures", "enter")
        panel = app.board.named("procedures")
        panel.follow("rollback-kubectl")  # type: ignore[union-attr]
        await typed(app, pilot, "!")
        await settle(app, pilot)
        assert any("start it again?" in line for line in page(app))
        await typed(app, pilot, "b", "!", "s")
        assert book.asked == [commands.OpenProcedure("ana", "rollback-kubectl")]
        feed.tell(ProcedureOpened("rollback-kubectl", "ana"))
        await settle(app, pilot)
        run = app.sight.session.procedures["rollback-kubectl"]
        assert (run.number, run.closed, run.found, run.values) == (2, None, {}, {})
        assert any("[*] 1 See the history" in line for line in page(app))
