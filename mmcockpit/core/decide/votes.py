"""Votes in a shared session: each role is answered by a person who has it."""

from mmcockpit.core.decide import command as commands
from mmcockpit.core.facts import event as facts
from mmcockpit.core.model.people import folded
from mmcockpit.core.model.refusal import Code, Refusal
from mmcockpit.core.rules.seats.people import names_with, roles_of
from mmcockpit.core.state.session import Session


def own_role(session: Session, person: str) -> str:
    """Return the role of the poll that a person answers next: the first of theirs that has no answer, else the first.

    Empty if no role of the poll is theirs.
    """
    own = [role for role in session.cockpit.poll if folded(role) in roles_of(person, session.cockpit.people)]
    return next((role for role in own if role not in session.votes), own[0] if own else "")


def vote_refused(session: Session, vote: commands.Vote) -> Refusal | None:
    """Return why this person's vote does not count: the role is someone else's, or none of the poll's is theirs."""
    poll, people = session.cockpit.poll, session.cockpit.people
    if not isinstance(session.poll, facts.PollOpened):
        return None
    if not vote.role:
        return Refusal(Code.NO_VOTE, by=vote.by, names=poll)
    if vote.role in poll and folded(vote.role) not in roles_of(vote.by, people):
        return Refusal(Code.NOT_YOUR_ROLE, vote.role, by=vote.by, names=names_with(vote.role, people))
    return None
