"""Channels and escalation of a cockpit file: what they become, and each mistake with its place and a way out."""

import subprocess
import sys
from pathlib import Path

import pytest

from mmcockpit.core.model.messages.channels import Announced, ChannelKind, EscalationStep, MessageChannel
from tests.config.files import cockpit, loaded, mistakes, written

CHANNELS = """\
messages:
  webhook: {env: SLACK_URL}
  status: {title: Status, text: '${update}'}
  channels:
    pager: {apprise: {env: PAGER_URL}, on: []}
    team: {apprise: {file: ~/.mail}, on: [rollback, end, end], rehearsal: true}
    chat: {webhook: {env: CHAT_URL}}
    charts: {grafana: {url: 'https://grafana.example.com/', token: {env: TOKEN}, dashboard: d1, tags: [shop]}}
escalate:
  - {to: pager, after: 2m}
  - {to: [webhook, team], after: 10m}
"""


def test_channels_have_their_kind_their_secret_as_a_reference_and_what_they_announce(tmp_path: Path) -> None:
    found = loaded(cockpit(tmp_path, CHANNELS)).cockpit
    people = (Announced.ROLLBACK, Announced.REGRESSION, Announced.PHASE, Announced.END)
    charts = (Announced.T0, Announced.PHASE, Announced.OVERRIDE, Announced.ROLLBACK, Announced.END)
    assert found.channels == (
        MessageChannel("pager", ChannelKind.APPRISE, {"env": "PAGER_URL"}),
        MessageChannel("team", ChannelKind.APPRISE, {"file": "~/.mail"}, (Announced.ROLLBACK, Announced.END), True),
        MessageChannel("chat", ChannelKind.WEBHOOK, {"env": "CHAT_URL"}, people),
        MessageChannel(
            *("charts", ChannelKind.GRAFANA, {"env": "TOKEN"}, charts),
            url="https://grafana.example.com",
            dashboard="d1",
            tags=("shop",),
        ),
    )
    assert found.escalation == (EscalationStep(("pager",), 120.0), EscalationStep(("webhook", "team"), 600.0))
    assert [message.id for message in found.messages] == ["status"]
    assert found.senders == ("webhook", "pager", "team", "chat")


def channel(text: str) -> str:
    return f"messages:\n  channels:\n    one: {text}\n"


@pytest.mark.parametrize(
    ("text", "mistake"),
    [
        (
            channel("{apprise: 'slack://a/b/c'}"),
            "5:20: the address of apprise is a secret; write a reference: {env: NAME} or {file: PATH}",
        ),
        (
            channel("{webhook: {env: A}, apprise: {env: B}}"),
            "5:10: messages.channels.one must have exactly one of `webhook`, `apprise` and `grafana`",
        ),
        (
            channel("{webhook: {env: A}, on: [rolback]}"),
            "5:35: messages.channels.one.on[0] must be 't0', 'phase', 'override', 'hold', 'no-go', 'regression', "
            "'rollback' or 'end'",
        ),
        (
            channel("{grafana: {url: 'http://grafana.example.com', token: {env: A}}}"),
            "5:26: must begin with https://, because a token is sent to it",
        ),
        (
            "messages:\n  channels:\n    webhook: {webhook: {env: A}}\n",
            "5:5: 'webhook' cannot be the name of a channel; use letters, digits, - and _, such as team-mail",
        ),
        ("messages: {channels: [team]}\n", "3:22: must be channels by name: {team: {apprise: {env: NAME}}}"),
        (
            "escalate: [{to: ana, after: 5m}]\n",
            "3:17: unknown channel 'ana'; define it under messages.channels",
        ),
        (
            channel("{webhook: {env: A}}") + "escalate: [{to: onne, after: 5m}]\n",
            "6:17: unknown channel 'onne'; did you mean 'one'?",
        ),
        (
            channel("{webhook: {env: A}}") + "escalate: [{to: one, after: 5m}, {to: one, after: 300s}]\n",
            "6:51: must be longer than the 5m of the step before",
        ),
        (
            channel("{grafana: {url: 'https://g.example.com', token: {env: A}}}")
            + "escalate: [{to: one, after: 1m}]\n",
            "6:17: 'one' is a Grafana, which alerts no person; name another channel",
        ),
    ],
)
def test_each_mistake_names_its_place_and_a_way_out(tmp_path: Path, text: str, mistake: str) -> None:
    assert mistakes(cockpit(tmp_path, text)) == [f"cockpit.yaml:{mistake}"]


def test_a_checklist_defines_no_channels(tmp_path: Path) -> None:
    written(tmp_path, c="name: c\ntitle: C\nmessages:\n  channels: {}\n")
    assert mistakes(cockpit(tmp_path, "checklist: ./c.yaml\n")) == [
        "c.yaml:4:3: a checklist cannot define channels; define messages.channels in the cockpit file"
    ]


def test_without_apprise_its_channels_are_a_mistake_with_the_way_out(tmp_path: Path) -> None:
    path = cockpit(tmp_path, channel("{apprise: {env: A}}"))
    hidden = "import sys; sys.modules['apprise'] = None; sys.argv[0] = 'mmcockpit'; from mmcockpit.cli import program"
    done = subprocess.run(
        [sys.executable, "-c", f"{hidden}; raise SystemExit(program())", "check", path],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == f"{path}:5:20: apprise is not installed: pip install 'mmcockpit[apprise]'\n"
