"""A driver without a screen: what it prints, how it ends, and that what it leaves can be resumed."""

import os
import re
import signal
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.full_disk import fill
from tests.e2e.headless.cockpits import cockpit
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.procedures.steps import facts, of
from tests.e2e.pty_session import Place
from tests.servers.http import Answer, HttpServer
from tests.servers.wait import wait_until

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
LINE = re.compile(rf"{TIME} (?:#\d+ )?[a-zA-Z0-9 ]{{8,9}} \S.*")


def test_it_prints_a_line_for_each_change_and_leaves_a_session_that_can_be_resumed(
    place: Place, site: HttpServer
) -> None:
    with HeadlessDriver(place, "run", cockpit(place, site), "--headless") as driver:
        driver.says(rf"^{TIME} driving .* as ana, process {driver.process.pid}; journal {place.folder}")
        driver.says(r"#\d+ advice    HOLD: .*2 items open")
        site.answers["/"] = Answer(503, "down")
        driver.says(r"#\d+ FAIL      site .*503")
        driver.says(r"#\d+ advice    NO-GO: .*503")
        site.answers["/"] = Answer(200, "up")
        driver.says(r"#\d+ ok        site")
        assert driver.ends(signal.SIGTERM) == 0
    assert driver.errors == ""
    assert "trouble" not in "\n".join(driver.lines), "a signal is the normal end of a service"
    assert not of(facts(place), "Trouble")
    assert [line for line in driver.lines if not LINE.fullmatch(line)] == []
    assert re.search(r" left      ana; polling stopped", driver.lines[-2])
    assert re.search(
        rf" stopped   by SIGTERM; `mmcockpit resume {place.journal.parent.name}` continues", driver.lines[-1]
    )
    assert place.call("verify").returncode == 0
    assert "left: can be resumed" in place.call("sessions").stdout


@pytest.mark.parametrize(("number", "options", "code"), [("SIGINT", [], 0), ("SIGTERM", ["--signal-exit", "75"], 75)])
def test_a_signal_ends_it_with_the_chosen_exit_code(
    place: Place, site: HttpServer, number: str, options: list[str], code: int
) -> None:
    with HeadlessDriver(place, "run", cockpit(place, site), "--headless", *options) as driver:
        driver.says(r"driving ")
        assert driver.ends(signal.Signals[number]) == code
    assert of(facts(place), "OperatorLeft")


def test_a_hang_up_and_a_closed_standard_output_do_not_end_it(place: Place, site: HttpServer) -> None:
    with HeadlessDriver(place, "run", cockpit(place, site), "--headless") as driver:
        driver.says(r"advice    HOLD")
        driver.process.send_signal(signal.SIGHUP)
        assert driver.process.stdout is not None
        driver.close_output()
        for status, level in ((503, "fail"), (200, "pass"), (503, "fail")):
            site.answers["/"] = Answer(status, "")
            wait_until(partial(signal_is, place, level), f"the site is {level}")
        assert driver.process.poll() is None
        assert driver.ends(signal.SIGTERM) == 0
    assert driver.errors == ""


def signal_is(place: Place, level: str) -> bool:
    """Return whether the last recorded change of a signal led to this level."""
    return [body["now"] for body in of(facts(place), "SignalChanged")][-1:] == [level]


def test_after_a_kill_the_same_command_and_resume_continue_the_same_session(place: Place, site: HttpServer) -> None:
    journal = place.folder / "state" / "mmcockpit" / "sessions" / "20260314T020000Z-small-0001" / "journal.jsonl"
    first = ["run", cockpit(place, site), "--headless", "--session", os.fspath(journal)]
    for command in (first, [*first], ["resume", "latest", "--headless"]):
        with HeadlessDriver(place, *command) as driver:
            driver.says(rf"driving .*; journal {journal}")
            driver.says(r"status    phase 1 of 1: Ready; " + ("no advice yet" if command is first else "advice HOLD"))
            wait_until(lambda: place.call("log", os.fspath(journal)).stdout.count(" advice ") > 0, "an advice")
            os.kill(driver.process.pid, signal.SIGKILL)
            driver.ends()
    assert place.call("verify").returncode == 0
    assert len(of(facts(place), "Resumed")) == 2


def test_a_session_that_another_process_drives_is_refused_in_one_line(place: Place, site: HttpServer) -> None:
    journal = place.folder / "session" / "journal.jsonl"
    unit = ["run", cockpit(place, site), "--headless", "--session", os.fspath(journal)]
    with HeadlessDriver(place, *unit) as driver:
        driver.says(r"advice    HOLD")
        second = place.call(*unit)
        assert (second.returncode, second.stdout) == (1, "")
        assert re.fullmatch(
            rf"mmcockpit run: .*ana on .* \(process {driver.process.pid}\) runs this .*\n", second.stderr
        )


def test_another_cockpit_file_does_not_continue_the_session(place: Place, site: HttpServer, tmp_path: Path) -> None:
    journal = place.folder / "session" / "journal.jsonl"
    file = cockpit(place, site)
    with HeadlessDriver(place, "run", file, "--headless", "--session", os.fspath(journal)) as driver:
        driver.says(r"advice    HOLD")
        assert driver.ends(signal.SIGTERM) == 0
    text = (place.folder / file).read_text(encoding="utf-8")
    other = place.write("other.yaml", text.replace("name: Small", "name: Other"))
    refused = place.call("run", os.fspath(other), "--headless", "--session", os.fspath(journal))
    assert refused.returncode == 1
    assert "its name is 'Other', the session's is 'Small'" in refused.stderr


def test_wrong_input_is_one_line_with_the_exit_code_of_the_screen(place: Place, site: HttpServer) -> None:
    cockpit(place, site)
    wrong = place.write("wrong.yaml", "name: [one\n")
    for words, code in (
        (["run", os.fspath(wrong), "--headless"], 3),
        (["run", "cockpit.yaml", "--headless", "--signal-exit", "256"], 2),
        (["resume", "latest", "--headless"], 1),
    ):
        done = place.call(*words)
        assert (done.returncode, done.stdout) == (code, ""), done


def test_a_full_disk_is_a_line_and_so_is_its_end(place: Place, site: HttpServer, small_disk: Path) -> None:
    journal = small_disk / "session" / "journal.jsonl"
    with HeadlessDriver(place, "run", cockpit(place, site), "--headless", "--session", os.fspath(journal)) as driver:
        driver.says(r"advice    HOLD")
        ballast = fill(small_disk)
        driver.says(r" journal   cannot be written: no space left on device; marks are refused, gates stay closed")
        ballast.unlink()
        driver.says(r" journal   is written again")
        driver.says(r"#\d+ gap       ")
        assert driver.ends(signal.SIGTERM) == 0
    assert place.call("verify", os.fspath(journal)).returncode == 0
