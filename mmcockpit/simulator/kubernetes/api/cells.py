"""Computes the cells of `kubectl get` from an object."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from mmcockpit.simulator.kubernetes.api.selectors import field
from mmcockpit.simulator.kubernetes.objects import Object, age_s, condition_of, labels_of

Cell = str | int
NONE = "<none>"


def human(seconds: float) -> str:
    """Return a duration as kubectl prints it: 95s, 3m5s, 2h30m, 4d."""
    total = max(0, int(seconds))
    minutes, hours, days = total // 60, total // 3600, total // 86400
    steps = (
        (total < 120, f"{total}s"),
        (minutes < 10, f"{minutes}m" + (f"{total % 60}s" if total % 60 else "")),
        (minutes < 180, f"{minutes}m"),
        (hours < 8, f"{hours}h" + (f"{minutes % 60}m" if minutes % 60 else "")),
        (hours < 48, f"{hours}h"),
        (days < 8, f"{days}d" + (f"{hours % 24}h" if hours % 24 else "")),
    )
    return next((text for fits, text in steps if fits), f"{days}d")


def at(path: str, default: str = NONE) -> Callable[[Object], Cell]:
    return lambda value: field(value, path) or default


def number(path: str) -> Callable[[Object], Cell]:
    return lambda value: int(field(value, path) or 0)


def age(value: Object) -> Cell:
    return human(age_s(value["metadata"].get("creationTimestamp")))


def of(*paths: str) -> Callable[[Object], Cell]:
    return lambda value: "/".join(str(number(path)(value)) for path in paths)


def join(items: Iterable[object]) -> str:
    return ",".join(str(item) for item in items if item not in (None, "")) or NONE


def containers(key: str) -> Callable[[Object], Cell]:
    return lambda value: join(item.get(key) for item in value["spec"]["template"]["spec"]["containers"])


def selector(value: Object) -> Cell:
    selector = value["spec"].get("selector") or {}
    pairs = selector.get("matchLabels", selector if value["kind"] == "Service" else {}) or {}
    return join(f"{key}={text}" for key, text in pairs.items())


def length(key: str) -> Callable[[Object], Cell]:
    return lambda value: len(value.get(key) or ())


def pod_ready(pod: Object) -> Cell:
    states = pod["status"].get("containerStatuses") or ()
    return f"{sum(1 for state in states if state.get('ready'))}/{len(pod['spec']['containers'])}"


def pod_status(pod: Object) -> str:
    """Return the text of the STATUS column: the problem of the first container that has one, else the phase."""
    if "deletionTimestamp" in pod["metadata"]:
        return "Terminating"
    for state in pod["status"].get("containerStatuses") or ():
        for kind in ("waiting", "terminated"):
            reason = (state.get("state", {}).get(kind) or {}).get("reason")
            if reason:
                return str(reason)
    return str(pod["status"].get("reason") or pod["status"].get("phase", "Pending"))


def pod_restarts(pod: Object) -> Cell:
    states = pod["status"].get("containerStatuses") or ()
    count = sum(state.get("restartCount", 0) for state in states)
    ends = [state.get("lastState", {}).get("terminated", {}).get("finishedAt") for state in states]
    last = max(filter(None, ends), default=None)
    return f"{count} ({human(age_s(last))} ago)" if count and last else str(count)


def node_status(node: Object) -> Cell:
    ready = condition_of(node, "Ready")
    word = "Ready" if ready and ready["status"] == "True" else "NotReady"
    return word + (",SchedulingDisabled" if node["spec"].get("unschedulable") else "")


def node_roles(node: Object) -> Cell:
    prefix = "node-role.kubernetes.io/"
    return join(key.removeprefix(prefix) for key in labels_of(node) if key.startswith(prefix))


def node_address(kind: str) -> Callable[[Object], Cell]:
    def read(node: Object) -> Cell:
        return join(item["address"] for item in node["status"].get("addresses") or () if item["type"] == kind)

    return read


def balancer(value: Object) -> str:
    entries = value.get("status", {}).get("loadBalancer", {}).get("ingress") or ()
    return join(entry.get("ip") or entry.get("hostname") for entry in entries)


def ports(service: Object) -> Cell:
    return join(f"{port['port']}/{port.get('protocol', 'TCP')}" for port in service["spec"].get("ports") or ())


def endpoints(value: Object) -> Cell:
    return join(
        f"{address['ip']}:{port['port']}"
        for subset in value.get("subsets") or ()
        for address in subset.get("addresses") or ()
        for port in subset.get("ports") or ()
    )


def hosts(ingress: Object) -> Cell:
    return join(rule.get("host") for rule in ingress["spec"].get("rules") or ())


def event_object(event: Object) -> Cell:
    involved = event["involvedObject"]
    return f"{involved.get('kind', '').lower()}/{involved.get('name', '')}"


def event_age(event: Object) -> Cell:
    return human(age_s(event.get("lastTimestamp") or event["metadata"].get("creationTimestamp")))


def job_status(job: Object) -> Cell:
    for kind, word in (("Complete", "Complete"), ("Failed", "Failed")):
        condition = condition_of(job, kind)
        if condition and condition["status"] == "True":
            return word
    return "Running"


def job_duration(job: Object) -> Cell:
    started, ended = job["status"].get("startTime"), job["status"].get("completionTime")
    return human(age_s(started) - age_s(ended)) if started else ""


def last_schedule(value: Object) -> Cell:
    last = value["status"].get("lastScheduleTime")
    return human(age_s(last)) if last else NONE


def targets(autoscaler: Object) -> Cell:
    texts = []
    for metric in autoscaler["spec"].get("metrics") or ():
        name = (metric.get("resource") or {}).get("name", "")
        goal = (metric.get("resource") or {}).get("target", {}).get("averageUtilization")
        now: object = "<unknown>"
        for current in autoscaler["status"].get("currentMetrics") or ():
            if (current.get("resource") or {}).get("name", "") == name and name:
                now = f"{current['resource']['current'].get('averageUtilization')}%"
        texts.append(f"{name or metric['type'].lower()}: {now}/{f'{goal}%' if goal else 'avg'}")
    return ", ".join(texts) or NONE


def reference(autoscaler: Object) -> Cell:
    target = autoscaler["spec"]["scaleTargetRef"]
    return f"{target['kind']}/{target['name']}"


def quota(of: str) -> Callable[[Object], Cell]:
    def read(quota: Object) -> Cell:
        hard, used = quota["spec"].get("hard") or {}, quota.get("status", {}).get("used") or {}
        names = [name for name in hard if name.startswith("limits.") is (of == "limits")]
        return ", ".join(f"{name}: {used.get(name, 0)}/{hard[name]}" for name in names)

    return read


def ready_condition(value: Object) -> Cell:
    condition = condition_of(value, "Ready")
    return condition["status"] if condition else ""
