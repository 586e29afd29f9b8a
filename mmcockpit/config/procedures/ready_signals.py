"""The generated signals that show whether each procedure can run, and which of them a rollback depends on."""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mmcockpit.config.catalog import PROCEDURES
from mmcockpit.config.definitions import SignalDraft
from mmcockpit.config.loader import Loader, Part
from mmcockpit.config.text.error import did_you_mean
from mmcockpit.core.model.checklist import Checklist
from mmcockpit.core.model.cockpit import Allowed
from mmcockpit.core.model.procedure import Procedure
from mmcockpit.core.model.shape import Shape
from mmcockpit.core.model.signal import Rule, Signal

PREFIX = "ready_"
"""What the name of such a signal begins with; the id of the procedure follows."""

EVERY_S, VALID_S, TIMEOUT_S = 300.0, 900.0, 240.0
"""How often a procedure is checked, how long its checks count, and how long they may take, in seconds."""

TAG = "readiness"


class WrittenSignals(NamedTuple):
    """The signals that files define, and the generated ones that the cockpit file switches off, each with its place."""

    drafts: Mapping[str, SignalDraft]
    off: dict[str, Part]


def with_ready_signals(
    loader: Loader, checklist: Checklist, signals: tuple[Signal, ...], allow: Allowed, files: WrittenSignals
) -> tuple[tuple[Signal, ...], tuple[str, ...]]:
    """Return the signals with one for each procedure of the files, if steps may run; mistakes of files are reported.

    The second part are the names of those on which a rollback depends: of procedures that take a release back.
    """
    written = [one for one in checklist.procedures if one.offer is None]
    names = {f"{PREFIX}{one.id}": one for one in written}
    _check(files, names, [signal for signal in signals if signal.procedure], checklist)
    if not allow.procedures:
        return signals, ()
    assert loader.catalog is not None
    shape = loader.catalog.kind(PROCEDURES).probes["ready"].shape(None)
    checked = {name: one for name, one in names.items() if name not in files.off}
    back = {one.id for one in _taking_back(checklist, written)}
    generated = (_signal(name, one, one.id in back, shape) for name, one in checked.items())
    return (*signals, *generated), tuple(name for name, one in checked.items() if one.id in back)


def _check(files: WrittenSignals, names: Mapping[str, Procedure], own: Iterable[Signal], checklist: Checklist) -> None:
    """Report unknown names that are switched off, names that are generated, and signals that check nothing."""
    for name, part in files.off.items():
        if name not in names:
            part.error(f"unknown signal '{name}', which cannot be switched off{did_you_mean(name, names)}", key=True)
    for name in names.keys() & files.drafts.keys():
        files.drafts[name].home.error(f"signal '{name}' is generated for a procedure; use another name", key=True)
    ids = [one.id for one in checklist.procedures]
    for signal in own:
        if signal.procedure not in ids and signal.name in files.drafts:
            draft = files.drafts[signal.name]
            draft.at(draft.query).error(f"unknown procedure '{signal.procedure}'{did_you_mean(signal.procedure, ids)}")


def is_ready_name(name: str) -> bool:
    """Return whether a signal may be one that is generated here, by its name."""
    return name.startswith(PREFIX)


def _taking_back(checklist: Checklist, procedures: Iterable[Procedure]) -> Iterator[Procedure]:
    """Yield the procedures that are not only opened by items: these carry the go-live forward."""
    forward = {item.procedure for item in checklist.items if item.procedure}
    queued = {step.on_fail for procedure in checklist.procedures for step in procedure.steps}
    for one in procedures:
        if one.id not in forward or one.aborts or one.alerts or one.id in queued:
            yield one


def _title(what: str, procedure: Procedure) -> str:
    """Return the title, the target first: a list cuts titles at their end."""
    first = f"{procedure.target}: " if procedure.target else ""
    return f"{first}{what}: {procedure.title.removeprefix(first)}"


def _signal(name: str, procedure: Procedure, back: bool, shape: Shape) -> Signal:
    what = "rollback ready" if back else "ready"
    return Signal(
        name,
        _title(what, procedure),
        PROCEDURES,
        "ready",
        {"procedure": procedure.id},
        Rule("value.failed == 0"),
        every=EVERY_S,
        timeout=TIMEOUT_S,
        stale_after=VALID_S - EVERY_S,
        tags=(TAG,),
        about=(
            "Whether every step can run, checked without changing anything: programs, targets, rights, dry runs, the "
            "revision to go back to, its images, and the signals that confirm the steps. What cannot be checked "
            f"without changing anything is unproven. `{name}: off` under signals leaves it out."
        ),
        shape=shape,
        target=procedure.target,
    )
