"""`mmcockpit doctor --signals`: every signal once, with its value, fields, verdict and duration; active ones never."""

import re
from collections import Counter

from mmcockpit.simulator.servers.valkey import Valkey
from tests.e2e.pty_session import Place
from tests.servers.http import Answer, HttpServer

COCKPIT = """
name: Night
environment: staging
allow: {{active: [chat], probe_commands: [/bin/sh]}}
sources:
  cache: {{kind: redis, url: "{redis}", every: 200ms, timeout: 20s}}
  api: {{kind: http, url: "{api}", every: 200ms, timeout: 20s, token: {{env: E2E_TOKEN}}}}
  tools: {{kind: command}}
signals:
  ready: {{session.all_of: [both, health], pass: size(value.failing) == 0}}
  both: {{session.all_of: [clients, health], pass: size(value.failing) == 0}}
  clients: {{cache.info: clients, pass: value.connected_clients >= 1, persist: 3}}
  health: {{api.get: {{path: /health, json: {{queue: data.queue}}}}, pass: value.status == 200, persist: 3}}
  shown: {{api.get: /health}}
  chat: {{api.post: /chat, pass: value.status == 200}}
  wipe: {{api.post: /wipe, active: false, pass: value.status == 200}}
  script: {{tools.run: {{argv: [/bin/sh, -c, "touch ran"]}}, pass: value.exit == 0}}
"""
TOKEN = "canary-7d0f1a"


def test_every_signal_is_polled_once_and_reported(place: Place, valkey: Valkey, http_server: HttpServer) -> None:
    http_server.answers = {"/health": Answer(200, f'{{"data": {{"queue": 3}}, "you": "{TOKEN}"}}'), "/": Answer(200)}
    place.write("cockpit.yaml", COCKPIT.format(redis=valkey.url, api=http_server.url))
    found = place.call("doctor", "--signals", env={"E2E_TOKEN": TOKEN})
    assert found.returncode == 0, found.stdout + found.stderr
    line = {words[1]: row for row in found.stdout.splitlines() if len(words := row.split()) > 1}
    assert re.match(r"PASS +health +\d+ ms  .*status 200", line["health"]), line["health"]
    for field in ("value.status = 200", "value.hung = false", "value.json.queue = 3"):
        assert field in found.stdout
    assert line["clients"].startswith("PASS "), "persist is not waited for"
    assert line["ready"].startswith("PASS "), "a combination is judged behind its members"
    assert line["shown"].startswith("READ ")
    assert re.match(r"ACTIVE +chat +not run: `:sense chat` in a session", line["chat"])
    assert re.match(r"ACTIVE +wipe +not run: not in allow.active", line["wipe"])
    assert re.match(r"ACTIVE +script +not run: ", line["script"])
    assert "4 pass, 1 read, without a rule, 3 active, not run" in found.stdout
    assert re.search(r"^ok +tools +command .*commands of this machine: /bin/sh *$", found.stdout, re.MULTILINE)
    assert "MISSING" not in found.stdout, "the session is a source of every cockpit"
    asked = Counter((request.method, request.path) for request in http_server.requests)
    assert asked[("GET", "/health")] == 2, "health and shown, each once"
    assert not any(method == "POST" for method, _ in asked)
    assert not (place.folder / "ran").exists()
    assert TOKEN not in found.stdout + found.stderr
    assert not place.journals


def test_what_fails_or_is_unknown_is_1_with_its_reason(place: Place, valkey: Valkey, http_server: HttpServer) -> None:
    http_server.answers = {"/health": Answer(503, "no"), "/": Answer(200)}
    place.write("cockpit.yaml", COCKPIT.format(redis=valkey.url, api=http_server.url))
    failing = place.call("doctor", "--signals", env={"E2E_TOKEN": TOKEN})
    assert failing.returncode == 1
    assert re.search(r"^FAIL +health .*status 503 \(must be 200\); no$", failing.stdout, re.MULTILINE)
    assert re.search(r"^FAIL +ready ", failing.stdout, re.MULTILINE)
    place.write("cockpit.yaml", COCKPIT.format(redis="redis://127.0.0.1:1/0", api=http_server.url))
    unknown = place.call("doctor", "--signals", env={"E2E_TOKEN": TOKEN})
    assert unknown.returncode == 1
    assert re.search(
        r"^UNKNOWN +clients .*refused: redis 127.0.0.1:1: connection refused$", unknown.stdout, re.MULTILINE
    )
    assert "Traceback" not in unknown.stdout + unknown.stderr


def test_the_exit_code_of_an_invalid_file_is_3(place: Place) -> None:
    place.write("cockpit.yaml", "name: Night\n")
    assert place.call("doctor", "--signals").returncode == 3


def test_check_names_what_is_active_and_not_allowed(place: Place) -> None:
    place.write("cockpit.yaml", COCKPIT.format(redis="redis://h", api="http://h"))
    checked = place.call("check", "cockpit.yaml")
    assert checked.returncode == 0
    assert (
        "2 active signals are not in allow.active and never polled: wipe (a POST may change something)"
        in checked.stderr
    )
