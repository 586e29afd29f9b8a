"""Commands that run until they are stopped, and those that only look like them."""

import shlex

import pytest

from mmcockpit.core.rules.steps.endless_commands import never_ends


@pytest.mark.parametrize(
    "written",
    [
        "kubectl get pods -w",
        "kubectl get pods --watch",
        "kubectl --context=a -n shop logs -f deploy/a",
        "kubectl logs deploy/a --follow",
        "kubectl port-forward svc/a 8080:80",
        "sudo tail -f /var/log/syslog",
        "tail -n 20 -F a.log",
        "journalctl -u shop -f",
        "docker compose logs -f --tail=5",
        "docker stats",
        "docker compose -f a.yml up",
        "ping example.com",
        "/usr/bin/watch kubectl get pods",
        "top",
        "redis-cli -h a MONITOR",
    ],
)
def test_commands_that_follow_or_serve_never_end(written: str) -> None:
    assert never_ends(shlex.split(written))


@pytest.mark.parametrize(
    "written",
    [
        "kubectl get pods -o wide",
        "kubectl apply -f a.yaml",
        "kubectl logs deploy/a --tail=5",
        "kubectl logs deploy/a --follow=false",
        "kubectl rollout status deploy/a",
        "kubectl top pods",
        "kubectl exec db -- tail -n 5 -f",
        "tail -n 20 a.log",
        "journalctl -u shop --since today",
        "docker compose up -d",
        "docker compose -f a.yml logs",
        "docker stats --no-stream",
        "ping -c 3 example.com",
        "top -b -n 1",
        "redis-cli info",
        "curl -f http://localhost/",
        "",
    ],
)
def test_other_commands_end(written: str) -> None:
    assert not never_ends(shlex.split(written))
