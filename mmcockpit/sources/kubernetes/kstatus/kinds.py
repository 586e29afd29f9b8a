"""Readiness of kinds that are no workloads: services, volume claims, budgets, definitions of kinds and others."""

from collections.abc import Callable, Mapping

from mmcockpit.sources.kubernetes.kstatus.document import ObjectFields, Readiness, current, failed, in_progress


def service(document: ObjectFields) -> Readiness:
    """Return the readiness of a Service: one of type LoadBalancer needs an address."""
    if document.text("spec.type") != "LoadBalancer":
        return current("no load balancer to wait for")
    if not document.text("spec.clusterIP"):
        return in_progress("no cluster IP yet")
    first = next(iter(document.rows("status.loadBalancer.ingress")), None)
    address = ObjectFields(first or {}).text("ip") or ObjectFields(first or {}).text("hostname")
    return current(f"load balancer {address}") if address else in_progress("no address of the load balancer yet")


def volume_claim(document: ObjectFields) -> Readiness:
    """Return the readiness of a PersistentVolumeClaim."""
    match document.text("status.phase"):
        case "Bound":
            return current("bound")
        case "Lost":
            return failed("its volume is lost")
        case phase:
            return in_progress(f"phase {phase or 'unknown'}")


def volume(document: ObjectFields) -> Readiness:
    """Return the readiness of a PersistentVolume."""
    match document.text("status.phase"):
        case "Failed":
            return failed(document.text("status.message") or "phase Failed")
        case "Available" | "Bound" | "Released" as phase:
            return current(f"phase {phase}")
        case phase:
            return in_progress(f"phase {phase or 'unknown'}")


def disruption_budget(document: ObjectFields) -> Readiness:
    """Return the readiness of a PodDisruptionBudget: whether its controller computed it, not whether it allows any."""
    allowed = document.condition("DisruptionAllowed")
    if allowed is not None and allowed.reason == "SyncFailed":
        return failed(allowed.why)
    if document.part("status.observedGeneration") is None:
        return in_progress("its controller has not observed it yet")
    return current(f"disruptions allowed: {document.number('status.disruptionsAllowed')}")


def custom_resource_definition(document: ObjectFields) -> Readiness:
    """Return the readiness of a CustomResourceDefinition."""
    names, established = document.condition("NamesAccepted"), document.condition("Established")
    if names is not None and names.status == "False":
        return failed(names.why)
    if established is not None and established.status == "True":
        return current("established")
    if established is not None and established.status == "False" and established.reason != "Installing":
        return failed(established.why)
    return in_progress("installing")


def api_service(document: ObjectFields) -> Readiness:
    """Return the readiness of an APIService: whether its server responds."""
    available = document.condition("Available")
    if available is None:
        return in_progress("no condition Available yet")
    return current("available") if available.status == "True" else in_progress(available.why)


def namespace(document: ObjectFields) -> Readiness:
    """Return the readiness of a Namespace."""
    phase = document.text("status.phase")
    return current("active") if phase in ("Active", "") else Readiness("Terminating", f"phase {phase}")


def autoscaler(document: ObjectFields) -> Readiness:
    """Return the readiness of a HorizontalPodAutoscaler: whether it can read its metrics and its target."""
    conditions = [document.condition(kind) for kind in ("AbleToScale", "ScalingActive")]
    for condition in conditions:
        if condition is not None and condition.status != "True" and condition.reason != "ScalingDisabled":
            return in_progress(condition.why)
    return current("scales") if any(conditions) else in_progress("its controller has not observed it yet")


def argo_rollout(document: ObjectFields) -> Readiness:
    """Return the readiness of a Rollout of Argo Rollouts, by its phase."""
    phase, message = document.text("status.phase"), document.text("status.message")
    match phase:
        case "Healthy":
            return current("healthy")
        case "Degraded":
            return failed(message or "degraded")
        case _:
            return in_progress(message or (f"phase {phase}" if phase else "no phase yet"))


RULES: Mapping[str, Callable[[ObjectFields], Readiness]] = {
    "Service": service,
    "PersistentVolumeClaim": volume_claim,
    "PersistentVolume": volume,
    "Namespace": namespace,
    "autoscaling/HorizontalPodAutoscaler": autoscaler,
    "policy/PodDisruptionBudget": disruption_budget,
    "apiextensions.k8s.io/CustomResourceDefinition": custom_resource_definition,
    "apiregistration.k8s.io/APIService": api_service,
    "argoproj.io/Rollout": argo_rollout,
}
"""Group and kind to the rule."""
