"""Contacts and links of the checklist."""

from rich.cells import cell_len

from mmcockpit.core.model.clock import Stamp
from mmcockpit.core.state.session import SESSION, Session, Topic
from mmcockpit.ui.render.rows import Rows
from mmcockpit.ui.render.text import Line, pad, plain
from mmcockpit.ui.widgets.panel import Panel


class LinksPanel(Panel):
    """Contacts by role, links by title; `y` copies the row."""

    title = "Contacts and links"
    ages = False

    @property
    def watches(self) -> frozenset[Topic]:
        """Only the session: contacts and links do not change."""
        return frozenset({SESSION})

    @property
    def copied(self) -> str:
        """The name of the contact or the address of the link under the cursor; of a heading its text."""
        checklist = self._session.cockpit.checklist if self._session is not None else None
        match self.chosen:
            case ("contact", int(n)) if checklist is not None:
                return plain(checklist.contacts[n].name, 400)
            case ("link", int(n)) if checklist is not None:
                return plain(checklist.links[n].url, 2000)
        return super().copied

    def look(self, session: Session, now: Stamp, width: int) -> Rows:
        """Return contacts, then links; placeholder names are marked."""
        checklist = session.cockpit.checklist
        names = [*(contact.role for contact in checklist.contacts), *(link.title for link in checklist.links)]
        wide = min(max((cell_len(plain(name, 60)) for name in names), default=0) + 3, max(10, width // 2))
        lines: list[tuple[object, Line]] = []
        if checklist.contacts:
            lines.append((("head", "contacts"), ((" Contacts", "accent"),)))
        for n, contact in enumerate(checklist.contacts):
            name = plain(contact.name, 120)
            missing = contact.placeholder or not name
            text = f"{name} is a placeholder: no contact" if missing else name
            role = "warn" if missing else "strong"
            lines.append((("contact", n), ((pad(f"  {plain(contact.role, 60)}", wide), "text"), (text, role))))
        if checklist.links:
            lines.append((("head", "links"), ((" Links", "accent"),)))
        for n, link in enumerate(checklist.links):
            lines.append(
                (("link", n), ((pad(f"  {plain(link.title, 60)}", wide), "text"), (plain(link.url, 400), "strong")))
            )
        if not lines:
            lines.append((("none", 0), ((" this checklist has no contacts and no links", "muted"),)))
        return Rows.of(lines)


PANEL = LinksPanel
