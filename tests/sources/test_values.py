"""Every probe declares what it returns, and what it returns fits the declaration."""

import json
from typing import Any

import msgspec
import pytest

from mmcockpit import sources
from mmcockpit.config.catalog import CUSTOMARY
from mmcockpit.config.library import PACKAGE
from mmcockpit.core.model.signal import Signal
from mmcockpit.sources.common.contract import ProbeKind
from mmcockpit.sources.common.values import ByArguments, Value, shape_of
from tests.config.modelmuxer import demo

READINGS = PACKAGE / "samples" / "readings.jsonl"
PROBES = [(kind, name) for kind in sources.SHIPPED for name in sources.kind(kind).probes]
DEMO = demo()
KINDS = {**CUSTOMARY, **{source.name: source.kind for source in DEMO.sources}}


def declaration(signal: Signal) -> Any:
    """Return what the probe of a signal declares for its arguments."""
    probe: ProbeKind = sources.kind(KINDS[signal.source]).probes[signal.probe]
    return probe.declared(probe.args.model_validate(signal.args))


def recorded() -> list[tuple[Signal, Any]]:
    """Return every signal of the demo with the reading that was recorded of it."""
    values: dict[str, Any] = {}
    for line in READINGS.read_text(encoding="utf-8").splitlines():
        values.update(json.loads(line))
    return [(one, values[one.name]) for one in DEMO.signals if one.name in values and one.source in KINDS]


@pytest.mark.parametrize(("kind", "probe"), PROBES)
def test_every_shipped_probe_declares_its_value(kind: str, probe: str) -> None:
    declared = sources.kind(kind).probes[probe].value
    assert declared is not None
    for value in declared.values if isinstance(declared, ByArguments) else (declared,):
        for column in shape_of(value).columns:
            assert column.label


@pytest.mark.parametrize(("signal", "value"), recorded(), ids=lambda part: getattr(part, "name", ""))
def test_every_recorded_reading_fits_the_declaration_of_its_probe(signal: Signal, value: Any) -> None:
    msgspec.convert(value, declaration(signal), strict=True)
    assert signal.shape == shape_of(declaration(signal))


def test_most_signals_have_a_recorded_reading() -> None:
    assert len(recorded()) > 150


def test_a_value_with_an_undeclared_or_a_missing_field_does_not_fit() -> None:
    class Queue(Value):
        length: int

    assert msgspec.convert({"length": 3}, Queue) == Queue(3)
    for wrong in ({"length": 3, "more": 1}, {}, {"length": "3"}):
        with pytest.raises(msgspec.ValidationError):
            msgspec.convert(wrong, Queue, strict=True)
