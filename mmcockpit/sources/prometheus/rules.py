"""Whether alert rules are loaded, healthy, evaluated, and able to fire at all, and why not."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec
from pydantic import Field

from mmcockpit.core.model.reading import ProbeError
from mmcockpit.core.words.durations import duration
from mmcockpit.sources.common.contract import Args
from mmcockpit.sources.prometheus.possible import impossible
from mmcockpit.sources.prometheus.probe import PrometheusProbe
from mmcockpit.sources.prometheus.scrapes import failing
from mmcockpit.sources.prometheus.status import RuleGroup, RuleStatus, age_s, rule_groups

if TYPE_CHECKING:
    from mmcockpit.sources.prometheus.line import PrometheusLine

MOST_RULES = 300
"""Most rules whose expression is evaluated, and most texts in a list; of more, the first ones."""
_NAMED = 3
"""Most rules that a reason names."""


class AlertRules(Args):
    """Alert rules that must be able to fire."""

    shorthand: ClassVar[str] = "names"
    names: Annotated[tuple[str, ...], Field(description="Rules that must be loaded; default: all loaded rules.")] = ()


class _Config(msgspec.Struct):
    yaml: str


class AlertRulesProbe(PrometheusProbe):
    """Checks that alert rules can fire: each rule is evaluated without its comparison."""

    def answer(self, line: "PrometheusLine") -> Any:
        wanted, now = self.question.args.names, line.now()
        groups = rule_groups(line)
        loaded = [rule for group in groups for rule in group.rules if rule.is_alert and _asked(rule, wanted)]
        healthy = [rule for rule in loaded if rule.health == "ok"]
        causes = impossible(line, [rule.query for rule in healthy[:MOST_RULES]])
        # Several rules may have the same name, such as one for each severity.
        names, ages = {rule.name for rule in loaded}, [age_s(line, now, rule.last_evaluation) for rule in healthy]
        lists = {
            "missing": sorted(set(wanted) - names),
            "unhealthy": [f"{rule.name}: {rule.last_error or rule.health}" for rule in loaded if rule.health == "err"],
            "late": [
                *(f"{rule.name}: not evaluated yet" for rule in loaded if rule.health not in ("ok", "err")),
                *(
                    f"{rule.name}: evaluated {duration(old)} ago"
                    for rule, old in zip(healthy, ages, strict=True)
                    if old is not None and old > self.question.stale_after
                ),
            ],
            "never": [f"{rule.name}: {causes[rule.query].reason}" for rule in healthy if rule.query in causes],
        }
        expected, present = len(set(wanted)) or len(loaded), len(names if wanted else loaded)
        scrape = failing(line, ()) if any(cause.lacks_series for cause in causes.values()) else ""
        reason = self._reason(line, groups, max(expected, len(loaded)), present, lists, scrape)
        shown = {name: texts[:MOST_RULES] for name, texts in lists.items()}
        return {"reason": reason, "expected": expected, "loaded": present, **shown}

    def _reason(
        self,
        line: "PrometheusLine",
        groups: Sequence[RuleGroup],
        expected: int,
        loaded: int,
        lists: dict[str, list[str]],
        scrape: str,
    ) -> str:
        reasons = list[str]()
        if not loaded:
            others = sum(len(group.rules) for group in groups)
            none = f"none of {expected} expected alert rules is loaded" if expected else "no alert rule is loaded"
            reasons.append(f"{none}, {others} other rules are" if others else f"{none}: {_rule_files(line)}")
        elif lists["missing"]:
            reasons.append(f"{_of(lists['missing'], expected)} not loaded: {_some(lists['missing'])}")
        if lists["never"]:
            reasons.append(f"{_of(lists['never'], expected)} can never fire: {_some(lists['never'], '; ')}{scrape}")
        if lists["unhealthy"]:
            reasons.append(
                f"{_of(lists['unhealthy'], expected)} cannot be evaluated: {_some(lists['unhealthy'], '; ')}"
            )
        if lists["late"]:
            reasons.append(f"{_of(lists['late'], expected)} not evaluated in time: {_some(lists['late'], '; ')}")
        return ". ".join(reasons)


def _asked(rule: RuleStatus, wanted: Sequence[str]) -> bool:
    return not wanted or rule.name in wanted


def _of(names: Sequence[str], expected: int) -> str:
    return f"{len(names)} of {expected} rules" if expected != 1 else "1 rule"


def _some(texts: Sequence[str], between: str = ", ") -> str:
    more = f" and {len(texts) - _NAMED} more" if len(texts) > _NAMED else ""
    return between.join(texts[:_NAMED]) + more


def _rule_files(line: "PrometheusLine") -> str:
    """Return why nothing is loaded, with the patterns of the configuration if the server shows them."""
    patterns = ", ".join(_patterns(line))
    if not patterns:
        return "check rule_files in the configuration of Prometheus"
    return f"rule_files ({patterns}) matches no file with rules; *.yml does not match .yaml"


def _patterns(line: "PrometheusLine") -> Iterable[str]:
    # Imported only to read a configuration.
    import yaml

    try:
        with line.aside():
            text = line.get("/api/v1/status/config", _Config).yaml
        document = yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (ProbeError, yaml.YAMLError, ValueError, RecursionError):
        return ()
    patterns = document.get("rule_files") if isinstance(document, dict) else None
    return [str(pattern) for pattern in patterns] if isinstance(patterns, list) else ["empty"]
