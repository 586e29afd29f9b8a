"""Imports SLOs of Sloth: its own files (prometheus/v1), and PrometheusServiceLevel objects."""

from collections.abc import Iterable
from typing import NamedTuple

from mmcockpit.imports.documents import YamlPart
from mmcockpit.imports.draft import ImportDraft, is_plain_url
from mmcockpit.imports.slo import RATIO_TOTAL, Objective, UnknownSlo, add_slo, templated, with_zero

WINDOW = "30d"
"""The window that Sloth takes without an option."""
_CARRIED = frozenset({"name", "description", "objective", "sli", "alerting"})
_LINKS = ("runbook_url", "runbook", "dashboard_url", "dashboard")


class _Keys(NamedTuple):
    """How a kind of file writes its keys."""

    error: str
    total: str
    ratio: str
    page: str
    ticket: str


_OF_FILE = _Keys("error_query", "total_query", "error_ratio_query", "page_alert", "ticket_alert")
_OF_OBJECT = _Keys("errorQuery", "totalQuery", "errorRatioQuery", "pageAlert", "ticketAlert")


def import_sloth(objects: Iterable[YamlPart], draft: ImportDraft) -> None:
    """Add an SLO signal for each SLO of the files and objects."""
    for top in objects:
        spec = top.mapping("spec") if top.text("kind") == "PrometheusServiceLevel" else top
        if spec is None or (spec is top and top.text("version") != "prometheus/v1"):
            kind = top.text("kind") or top.text("version") or "document"
            draft.lose(top, f"{kind}: not a file of Sloth (version: prometheus/v1), nor a PrometheusServiceLevel")
            continue
        keys = _OF_FILE if spec is top else _OF_OBJECT
        for key in ("labels", "slo_plugins", "sloPlugins"):
            part = spec.child(key)
            if part is not None:
                draft.lose(part, f"service {spec.text('service')}: `{key}` is not carried over")
        for slo in spec.entries("slos"):
            _import_slo(slo, spec.text("service"), keys, draft)


def _import_slo(slo: YamlPart, service: str, keys: _Keys, draft: ImportDraft) -> None:
    name = slo.text("name") or "slo"
    try:
        errors, total = _queries(slo, keys)
        objective = float(slo.text("objective"))
        links = _links(slo, name, draft)
        add_slo(
            Objective(name, service, objective, WINDOW, errors, total, slo.text("description").strip(), links), draft
        )
    except UnknownSlo as error:
        draft.lose(slo, f"SLO {name}: {error}")
        return
    except ValueError:
        draft.lose(slo, f"SLO {name}: objective {slo.text('objective') or 'missing'} is not a number")
        return
    for key, part in slo.items():
        if key not in _CARRIED:
            draft.lose(part, f"SLO {name}: `{key}` is not carried over")
    _alerts(slo, name, keys, draft)


def _queries(slo: YamlPart, keys: _Keys) -> tuple[str, str]:
    if slo.has("sli") and slo.mapping("sli", "raw") is not None:
        return templated(slo.text("sli", "raw", keys.ratio)), RATIO_TOTAL
    if slo.mapping("sli", "events") is not None:
        errors, total = (templated(slo.text("sli", "events", key)) for key in (keys.error, keys.total))
        return with_zero(errors), total
    plugin = slo.text("sli", "plugin", "id")
    raise UnknownSlo(f"plugin {plugin} is not run; run `sloth generate`" if plugin else "it has neither events nor raw")


def _alerts(slo: YamlPart, name: str, keys: _Keys, draft: ImportDraft) -> None:
    """Note how the two alerts of Sloth map: a page fails; a ticket has no equivalent but the budget."""
    page, ticket = slo.child("alerting", keys.page), slo.child("alerting", keys.ticket)
    if page is not None and page.text("disable") == "true":
        draft.lose(
            page, f"SLO {name}: its page alert is disabled in Sloth; the signal fails at that burn rate all the same"
        )
    elif page is not None:
        draft.note(page, f"SLO {name}: the page alert is when the signal fails")
    if ticket is not None and ticket.text("disable") != "true":
        draft.lose(
            ticket, f"SLO {name}: the ticket alert has no equivalent; the signal warns when the budget is used up"
        )


def _links(slo: YamlPart, name: str, draft: ImportDraft) -> tuple[str, ...]:
    found = list[str]()
    annotations = slo.mapping("alerting", "annotations")
    for key, part in annotations.items() if annotations is not None else ():
        url = annotations.text(key) if annotations is not None else ""
        if key in _LINKS and is_plain_url(url):
            found.append(url)
        else:
            draft.lose(part, f"SLO {name}: annotation `{key}` is not carried over")
    labels = slo.child("alerting", "labels")
    if labels is not None:
        draft.lose(labels, f"SLO {name}: labels of its alerts are not carried over")
    return tuple(found)
