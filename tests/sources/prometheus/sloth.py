"""The rules that Sloth generates for an SLO of events, as its templates write them (slok/sloth, core plugins v1).

With `disableOptimized: true` of its plugin sli_rules, `sloth generate` writes the same expressions; by default, the
rule of the whole window is the mean of 5-minute ratios, whatever the traffic in them.
"""

import json
from typing import Any

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
SHARES = {"page": ((2, "5m", "1h", 1), (5, "30m", "6h", 6)), "ticket": ((10, "2h", "1d", 24), (10, "6h", "3d", 72))}
"""Severity to the quick and the slow alert: percentage of the budget, short and long window, hours of the long one."""


def sloth_rules(name: str, objective: float, errors: str, total: str, days: int = 30) -> list[dict[str, Any]]:
    """Return the rule groups of one SLO; queries have `[$window]`."""
    labels = {"sloth_id": f"shop-{name}", "sloth_service": "shop", "sloth_slo": name}
    chosen = "{" + ", ".join(f'{key}="{value}"' for key, value in labels.items()) + "}"
    of = "/ on(sloth_id, sloth_slo, sloth_service) group_left\n" + f"slo:error_budget:ratio{chosen}\n"

    def record(metric: str, expression: str, **more: str) -> dict[str, Any]:
        return {"record": metric, "expr": expression, "labels": {**labels, **more}}

    ratios = [
        record(
            f"slo:sli_error:ratio_rate{window}",
            f"({errors})\n/\n({total})\n".replace("$window", window),
            sloth_window=window,
        )
        for window in (*WINDOWS, f"{days}d")
    ]
    meta = [
        record("slo:error_budget:ratio", f"vector(1-{objective / 100})"),
        record("slo:current_burn_rate:ratio", f"slo:sli_error:ratio_rate5m{chosen}\n{of}"),
        record("slo:period_burn_rate:ratio", f"slo:sli_error:ratio_rate{days}d{chosen}\n{of}"),
        record("slo:period_error_budget_remaining:ratio", f"1 - slo:period_burn_rate:ratio{chosen}"),
    ]
    alerts = [
        {
            "alert": "ShopErrors",
            "expr": "or\n".join(_burns(chosen, share, days, (100 - objective) / 100) for share in shares),
            "labels": {"sloth_severity": severity},
        }
        for severity, shares in SHARES.items()
    ]
    kinds = {"sli-recordings": ratios, "meta-recordings": meta, "alerts": alerts}
    return [{"name": f"sloth-slo-{kind}-shop-{name}", "rules": rules} for kind, rules in kinds.items()]


def _burns(chosen: str, share: tuple[int, str, str, int], days: int, budget: float) -> str:
    percent, short, long, hours = share
    factor = percent * days * 24 / 100 / hours
    both = (
        f"    max(slo:sli_error:ratio_rate{window}{chosen} > ({factor:g} * {budget})) without (sloth_window)\n"
        for window in (short, long)
    )
    return "(\n" + "    and\n".join(both) + ")\n"


def rule_file(groups: list[dict[str, Any]]) -> str:
    """Return a rule file; JSON is YAML."""
    return json.dumps({"groups": groups})
