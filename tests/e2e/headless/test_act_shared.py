"""`mmcockpit act --shared`: one command by way of PostgreSQL, to a driver without a screen on another machine."""

import subprocess

from tests.e2e.headless.cockpits import cockpit, people
from tests.e2e.headless.driver import HeadlessDriver
from tests.e2e.pty_session import Place
from tests.servers.http import HttpServer
from tests.servers.wait import wait_until
from tests.share.postgres.driving import end_lease, lease
from tests.share.postgres.stores import StoreDatabase


def test_a_pipeline_on_another_machine_is_recorded_refused_or_has_no_driver(
    place: Place, elsewhere: Place, site: HttpServer, store_database: StoreDatabase
) -> None:
    def act(name: str, *words: str) -> subprocess.CompletedProcess[str]:
        env = {"MMCOCKPIT_SHARE": store_database.dsn(name)}
        return elsewhere.call("act", "latest", *words, "--shared", env=env)

    assert act("bo", "note", "too early").returncode == 1
    unit = ["run", cockpit(place, site, people(store_database)), "--headless", "--operator", "service"]
    with HeadlessDriver(place, *unit, env={"MMCOCKPIT_SHARE": store_database.dsn("ana")}) as driver:
        driver.says(r"advice    HOLD")
        name = place.journal.parent.name
        wait_until(lambda: act("bo", "note", "deployed", "--id", "build-1").returncode == 0, "the note is recorded")
        again = act("bo", "note", "deployed", "--id", "build-1")
        assert again.stdout.startswith(
            f"had been recorded by postgres:{store_database.user('bo')} in {name}, up to fact #"
        )
        driver.says(r"note      bo: deployed")
        refused = act("bo", "mark", "audit", "block")
        assert (refused.returncode, refused.stderr) == (1, "refused: a reason is required to mark Audit as blocked\n")
        viewer = act("carla", "note", "x")
        assert viewer.returncode == 1
        assert viewer.stderr.count("\n") == 1
        assert driver.ends(9) == -9
    end_lease(store_database, name)
    assert lease(store_database, name)[2] <= 0
    gone = act("bo", "note", "x")
    assert (gone.returncode, gone.stdout) == (2, "")
    away = elsewhere.call(
        "act", "latest", "note", "x", "--shared", env={"MMCOCKPIT_SHARE": "postgresql://bo@127.0.0.1:1/x"}
    )
    assert (away.returncode, away.stdout, away.stderr.count("\n")) == (2, "", 1), away
