"""What keeps a gate closed, as short text."""

from mmcockpit.core.rules.gate import gate, satisfied
from mmcockpit.core.rules.needs import Need, need_in
from mmcockpit.core.state.session import Session
from mmcockpit.core.words.amounts import counted
from mmcockpit.ui.render.checklist.todo_rows import needed_words
from mmcockpit.ui.render.text import plain


def gate_words(session: Session, viewer: bool = False) -> tuple[str, str]:
    """Return what keeps the open phase's gate closed, in a short and in a longer form; `viewer` cannot act on it."""
    closing = gate(session)
    unmet = closing.unmet
    if closing.open:
        return ("gate: open", "Gate: open") if closing.proven else ("gate: open", "Gate: open, nothing is proven")
    if not unmet and closing.failing:
        titles = ", ".join(plain(one.signal.title, 40) for one in closing.failing)
        return f"gate: {len(closing.failing)} failing", f"Gate: {titles} failing"
    if not unmet:
        return "gate: contacts", f"Gate: {counted(len(closing.unfilled), 'contact')} unassigned"
    hands = sum(need_in(session, state) is Need.YOU for state in unmet)
    return f"gate: {len(unmet)} left", f"Gate: {len(unmet)} left ({hands} {needed_words(Need.YOU, viewer)})"


def unmet_in(session: Session, phase: int) -> int:
    """Return the number of required items of one phase that are not satisfied."""
    items = session.cockpit.checklist.phases[phase].items
    return sum(item.required and not satisfied(session, session.items[item.id]) for item in items)
