"""Conditions of items (`applicable`): whether the thing that a signal reads exists and can be judged."""

from mmcockpit.config.checklist.files import Assembly
from mmcockpit.config.drafts import Draft
from mmcockpit.config.text.error import FileError


def apply_conditions(assembly: Assembly, drafts: dict[str, Draft], errors: list[FileError]) -> None:
    """Copy the condition of an item to its signal; a signal whose probe was replaced keeps its own condition.

    A signal that decides several items has one condition, or none.
    """
    said = {item.id: text for item, text, _, _ in assembly.conditions}
    deciding: dict[str, set[str]] = {}
    for name, one, _, _ in assembly.named:
        deciding.setdefault(name, set()).add(said.get(one.id, ""))
    for item, text, document, place in assembly.conditions:
        if deciding.get(item.signal, {text}) != {text}:
            message = f"signal '{item.signal}' decides other items as well; write `applies:` in the signal instead"
            errors.append(document.error(place, message))
        made = drafts.get(item.signal)
        if made is not None and not made.own:
            made.keys.setdefault("applies", (text, document, place))
