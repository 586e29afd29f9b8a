"""Arguments of an analysis template as variables of a checklist."""

import re
from itertools import product

from mmcockpit.config.text.slug import is_id
from mmcockpit.imports.documents import YamlPart
from mmcockpit.imports.draft import ImportDraft
from mmcockpit.sources.prometheus.promql_syntax import refusal

_PLACEHOLDER = re.compile(r"\{\{-?\s*(args\.)?([^{}]*?)\s*-?\}\}")
_STAND_INS = ("CHANGE_ME", "5m", "1")
"""Values for an argument without one, the first with which the query is PromQL."""
MOST_TRIED = 6
"""Arguments of a query for which all of them are tried."""


class TemplateArguments:
    """The arguments of one template: the variable and the value of each, empty if it has none."""

    def __init__(self, spec: YamlPart, template: str, draft: ImportDraft) -> None:
        self._draft = draft
        self._missing = dict[str, YamlPart]()
        self.values = dict[str, tuple[str, str]]()
        for part in spec.entries("args"):
            name, value = part.text("name"), part.text("value")
            variable = self._variable(name, value, template)
            self.values[name] = (variable, "" if "{{" in value or "${" in value else value)
            if part.has("valueFrom"):
                draft.lose(part, f"argument {name}: valueFrom is not carried over; set vars.{variable}")
            if self.values[name][1]:
                draft.vars[variable] = value
            else:
                self._missing[name] = part

    def fill(self, text: str) -> str:
        """Return a text with `${variable}` for each `{{args.name}}`; KeyError for any other template."""

        def variable(match: re.Match[str]) -> str:
            if not match[1] or match[2] not in self.values:
                raise KeyError(match[0])
            return f"${{{self.values[match[2]][0]}}}"

        return _PLACEHOLDER.sub(variable, text)

    def resolved(self, text: str) -> str:
        """Return a text with the values of the arguments; KeyError for any other template."""

        def value(match: re.Match[str]) -> str:
            if not match[1] or match[2] not in self.values:
                raise KeyError(match[0])
            return self.values[match[2]][1] or self._draft.vars.get(self.values[match[2]][0], "")

        return _PLACEHOLDER.sub(value, text)

    def stand_in(self, query: str) -> None:
        """Give each argument without a value that a query uses a placeholder with which it is PromQL."""
        found = {
            self.values[name][0]: part
            for name, part in self._missing.items()
            if f"${{{self.values[name][0]}}}" in query and self.values[name][0] not in self._draft.vars
        }
        for values in product(_STAND_INS, repeat=min(len(found), MOST_TRIED)):
            self._draft.vars |= {**dict.fromkeys(found, _STAND_INS[0]), **dict(zip(found, values, strict=False))}
            if refusal(self.expanded(query)) is None:
                break
        for variable, part in found.items():
            stand_in = self._draft.vars[variable]
            self._draft.note(part, f"argument {part.text('name')} has no value: set vars.{variable}, now {stand_in}")

    def expanded(self, query: str) -> str:
        """Return a query with the values of its variables."""
        for variable, _ in self.values.values():
            query = query.replace(f"${{{variable}}}", self._draft.vars.get(variable, _STAND_INS[0]))
        return query

    def _variable(self, name: str, value: str, template: str) -> str:
        variable = re.sub(r"[^\w-]", "-", name, flags=re.ASCII)
        variable = variable if is_id(variable) else f"arg-{variable}"[:60]
        if self._draft.declared.setdefault(variable, value) == value:
            return variable
        own = f"{variable}-{re.sub(r'[^A-Za-z0-9_-]', '-', template)}"[:64]
        self._draft.declared[own] = value
        return own
