"""`replay --rejudge` from the outside: on the session that ships, with files right and wrong."""

import re
from datetime import datetime, timedelta

from tests.e2e.pty_session import Place


def test_the_shipped_night_by_its_own_rules_is_the_same_night(place: Place) -> None:
    place.write("same.yaml", "signals: {}\n")
    done = place.call("replay", "sample", "--rejudge", "same.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    first, _, head, *rows = done.stdout.splitlines()
    assert re.fullmatch(r"\d+ recorded results judged by same\.yaml: no difference", first)
    assert head.split() == ["ADVICE", "RECORDED", "BY", "THE", "RULES"]
    for row in rows:
        _, recorded, by_rules = re.split(r"  +", row)
        assert recorded == by_rules
    assert any(row.startswith("ROLLBACK") for row in rows)


def test_other_rules_differ_from_the_record_at_the_listed_times(place: Place) -> None:
    place.write(
        "strict.yaml",
        "signals:\n  error_rate: {pass: value < 0.002, warn: value < 0.02, persist: 2}\n"
        "abort:\n  - {signal: error_rate, for: 30s, from: deployment}\n",
    )
    done = place.call("replay", "sample", "--rejudge", "strict.yaml")
    assert (done.returncode, done.stderr) == (0, "")
    assert "they differ in " in done.stdout.splitlines()[0]
    rows = re.findall(r"^(\d\d:\d\d:\d\dZ)  (T[+-]\S+|–) +(signal|item|advice)(.*)$", done.stdout, re.MULTILINE)
    said = [re.split(r"  +", rest.strip())[-2:] for _, _, kind, rest in rows if kind == "advice"]
    assert ["HOLD", "ROLLBACK"] in said
    assert any("5xx share" in rest and rest.endswith("fail") for _, _, _, rest in rows)


def test_mistakes_in_the_rules_are_reported_with_their_position(place: Place) -> None:
    place.write(
        "rules.yaml",
        "signals:\n  eror_rate: {pass: value < 0.1}\n  error_rate: {pass: value < 'a'}\n"
        "abort:\n  - {signal: error_rate, for: 30s, from: deploment}\n",
    )
    done = place.call("replay", "sample", "--rejudge", "rules.yaml")
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr.splitlines() == [
        "rules.yaml:2:3: unknown signal 'eror_rate' in this session; did you mean 'error_rate'?",
        "rules.yaml:3:28: signals.error_rate.pass: found no matching overload for '_<_' applied to '(double, string)'; "
        "a number and a text cannot be compared: remove the quotes, or convert the text with double(…)",
        "rules.yaml:5:42: unknown phase 'deploment'; did you mean 'deployment'?",
    ]
    place.write("typo.yaml", "signals:\n  error_rate: {wrn: value < 0.1}\n")
    assert "did you mean 'warn'" in place.call("replay", "sample", "--rejudge", "typo.yaml").stderr
    gone = place.call("replay", "sample", "--rejudge", "nowhere.yaml")
    assert (gone.returncode, gone.stderr.count("\n")) == (3, 1)


def test_the_screen_shows_the_verdicts_of_the_other_rules(place: Place) -> None:
    place.write(
        "strict.yaml",
        "signals:\n  error_rate: {pass: value < 0.002, warn: value < 0.02, persist: 2}\n"
        "abort:\n  - {signal: error_rate, for: 30s, from: deployment}\n",
    )
    words = ("replay", "sample", "--rejudge", "strict.yaml")
    told = place.call(*words).stdout
    parts, agrees = (
        next(re.finditer(rf"^(\S+Z) .* advice +{recorded} +ROLLBACK\b", told, re.MULTILINE))[1]
        for recorded in ("HOLD", "ROLLBACK")
    )
    with place.open(*words, "--screen", "--at", just_after(parts), size=(140, 40)) as program:
        # The recorded advice is NO-GO within a second of that: the abort signal fails by its own rules, too.
        program.wait_for(r"\n (HOLD|NO-GO) ")
        program.wait_for(r"\n by strict\.yaml: +ROLLBACK +instead of (HOLD · 5xx share fail|NO-GO)")
        program.wait_for("REPLAY")
        program.press("S")
        program.press(f"{just_after(agrees)}\r")
        program.wait_for(r"\n ROLLBACK ")
        program.wait_for(r"\n by strict\.yaml: (no difference|the same advice)")


def just_after(clock: str) -> str:
    """Return the clock time two seconds later: the table cuts fractions off, and the rules answer with the next one."""
    return (datetime.strptime(clock, "%H:%M:%SZ") + timedelta(seconds=2)).strftime("%H:%M:%SZ")
