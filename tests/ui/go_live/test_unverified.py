"""TLS that is not verified is on the screen as long as that is so; `:accept-identity` in the command line."""

import pytest

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts.event import IdentityDiffered, VerificationChanged
from mmcockpit.core.facts.sources import Identity
from mmcockpit.ui.app import CockpitApp
from tests.ui.conftest import page, settle, shown, typed
from tests.ui.feeds import Notebook
from tests.ui.go_lives import GoLive, go_live_layout

pytestmark = pytest.mark.anyio
OTHER = Identity("https://b", "uid-b", ("ca-b",))


@pytest.mark.parametrize(
    ("width", "says"), [(60, "TLS unverified: 2"), (80, "TLS unverified: 2"), (140, "web, cluster")]
)
async def test_the_header_shows_it_at_every_width_until_it_is_verified_again(width: int, says: str) -> None:
    feed = GoLive().good().feed(Notebook())
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, width, 24) as pilot:
        assert "TLS" not in page(app)[0]
        feed.tell(VerificationChanged("web", "verify: false"), VerificationChanged("cluster", "insecure"))
        await settle(app, pilot)
        assert says in page(app)[0]
        feed.tell(VerificationChanged("web", ""), VerificationChanged("cluster", ""))
        await settle(app, pilot)
        assert "TLS" not in page(app)[0]


async def test_another_identity_is_accepted_as_it_was_on_the_screen() -> None:
    book = Notebook()
    feed = GoLive().good().feed(book)
    app = CockpitApp(feed, go_live_layout())
    async with shown(app, 100, 24) as pilot:
        feed.tell(IdentityDiffered("cluster", OTHER))
        await settle(app, pilot)
        await typed(app, pilot, "colon", *"accept-identity", "space", *"cluster")
        await typed(app, pilot, "enter")
        assert book.asked == []
        await typed(app, pilot, "escape", "colon", *"accept-identity", "space", *"cluster", "space", *"moved", "enter")
        assert book.asked == [commands.AcceptIdentity("ana", "cluster", "moved", OTHER)]
