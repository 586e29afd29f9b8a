"""An alarm of a driver without a screen: it escalates once to each contact, also across a kill, until acknowledged."""

import signal
from typing import Any

import msgspec

from tests.e2e.headless.cockpits import cockpit
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.procedures.steps import facts, of
from tests.e2e.pty_session import Place
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import wait_until

ESCALATE = """\
abort: [{signal: up, for: 100ms, from: ready}]
messages:
  channels:
    ana: {webhook: {env: ANA_URL}, on: []}
    bo: {webhook: {file: bo.url}, on: [rollback]}
escalate:
  - {to: ana, after: 1s}
  - {to: bo, after: 3s}
  - {to: [ana, bo], after: 1h}
"""
KINDS = (("not acknowledged", "escalated"), ("alarm over: acknowledged by ", "over"))
SECRETS = ("/ana-9f3acanary", "/bo-9f3acanary")


def received(site: HttpServer) -> list[tuple[str, Any]]:
    """Return to whom each message went, with what it is about."""
    posted = [request for request in site.requests if request.method == "POST"]
    texts = [(request.path[1:].split("-")[0], msgspec.json.decode(request.body)["text"]) for request in posted]
    return [(to, next((kind for sign, kind in KINDS if sign in text), "announced")) for to, text in texts]


def contacts(place: Place, site: HttpServer, of_ana: Answer) -> dict[str, str]:
    """Let both contacts take messages, ana with this answer; return the environment with her address."""
    ana, bo = SECRETS
    site.answers |= {ana: of_ana, bo: Answer(200, "ok")}
    (place.folder / "bo.url").write_text(site.url + bo, encoding="utf-8")
    return {"ANA_URL": site.url + ana}


def test_an_alarm_escalates_once_to_each_contact_across_a_kill(place: Place, site: HttpServer) -> None:
    env = contacts(place, site, Answer(200, "ok"))
    with HeadlessDriver(place, "run", cockpit(place, site, ESCALATE), "--headless", env=env) as driver:
        driver.says(r"advice    HOLD")
        site.answers["/"] = Answer(503, "down")
        driver.says(r"escalated +to ana: Small \(test\): not acknowledged for \d+s: ROLLBACK: site ")
        wait_until(lambda: ("ana", "escalated") in received(site), "ana is alerted")
        assert driver.ends(signal.SIGKILL) == -signal.SIGKILL
    with HeadlessDriver(place, "resume", "--headless", env=env) as driver:
        wait_until(lambda: ("bo", "escalated") in received(site), "bo is alerted by the resumed session")
        done = place.call("act", "latest", "ack", "--note", "bo rolls back")
        assert (done.returncode, done.stderr) == (0, ""), done
        driver.says(r"ack +\S+ acknowledged: site failed for its time: bo rolls back")
        wait_until(lambda: {("ana", "over"), ("bo", "over")} <= set(received(site)), "both hear that it is over")
        driver.says(r"delivery +end of the alarm to (ana|bo): delivered")
        driver.says(r"delivery +end of the alarm to (ana|bo): delivered")
        again = place.call("act", "latest", "ack")
        assert again.stderr.startswith("refused: the alarm was already acknowledged by "), again
        assert driver.ends(signal.SIGTERM) == 0
    # Each channel gets its messages in order; those of two channels may overtake each other.
    messages = received(site)
    assert [kind for to, kind in messages if to == "ana"] == ["escalated", "over"]
    assert [kind for to, kind in messages if to == "bo"] == ["announced", "escalated", "over"]
    assert [(body["level"], body["to"]) for body in of(facts(place), "Escalated")] == [(1, ["ana"]), (2, ["bo"])]
    written = place.journal.read_text(encoding="utf-8") + driver.errors + "\n".join(driver.lines)
    assert not [secret for secret in SECRETS if secret[1:] in written]


def test_an_escalation_whose_driver_was_killed_before_its_result_is_reported_and_not_sent_again(
    place: Place, site: HttpServer
) -> None:
    env = contacts(place, site, Answer(200, "ok", delay_s=60.0))
    with HeadlessDriver(place, "run", cockpit(place, site, ESCALATE), "--headless", env=env) as driver:
        driver.says(r"advice    HOLD")
        site.answers["/"] = Answer(503, "down")
        driver.says(r"escalated +to ana: ")
        assert driver.ends(signal.SIGKILL) == -signal.SIGKILL
    with HeadlessDriver(place, "resume", "--headless", env=env) as driver:
        driver.says(r"delivery +escalation to ana: not known whether it was sent; the cockpit ended before ")
        driver.says(r"delivery +escalation to bo: delivered")
        assert driver.ends(signal.SIGTERM) == 0
    assert received(site).count(("ana", "escalated")) <= 1
    results = [(body["to"], body["result"]) for body in of(facts(place), "MessageDelivered")]
    assert results == [("ana", "unknown"), ("bo", "sent")]
