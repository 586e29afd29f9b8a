"""The names in the opening fact of a session, without the rest of the fact: a small part of it is decoded."""

import msgspec

BODY = 4
"""The place of the body in a line of the journal, after number, times and kind."""


class _Titled(msgspec.Struct, frozen=True):
    """An item or a person: each has one of the names."""

    id: str = ""
    title: str = ""
    name: str = ""
    role: str = ""


class _Section(msgspec.Struct, frozen=True):
    items: list[_Titled] = []


class _Phase(msgspec.Struct, frozen=True):
    sections: list[_Section] = []


class _Checklist(msgspec.Struct, frozen=True):
    phases: list[_Phase] = []


class _Cockpit(msgspec.Struct, frozen=True):
    checklist: _Checklist = _Checklist()
    people: list[_Titled] = []
    poll: list[str] = []


class OpenedNames(msgspec.Struct, frozen=True):
    """The part of an opening fact that has names."""

    cockpit: _Cockpit = _Cockpit()

    def items(self) -> list[tuple[str, str]]:
        """Return the ids of the items with their titles."""
        phases = self.cockpit.checklist.phases
        return [(item.id, item.title) for phase in phases for section in phase.sections for item in section.items]

    def roles(self) -> list[tuple[str, str]]:
        """Return the roles of the go/no-go poll, then those of people, with the people who have them."""
        people = self.cockpit.people
        roles = dict.fromkeys([*self.cockpit.poll, *(one.role for one in people if one.role)])
        return [(role, ", ".join(one.name for one in people if one.role == role)) for role in roles]


def opened_names(line: bytes) -> OpenedNames:
    """Return the names in the first line of a journal; raises msgspec.MsgspecError for another line."""
    fields = msgspec.json.decode(line, type=list[msgspec.Raw])
    if len(fields) <= BODY:
        raise msgspec.ValidationError("not a fact")
    return msgspec.json.decode(fields[BODY], type=OpenedNames)
