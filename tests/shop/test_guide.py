"""Every command of docs/first-cockpit.md works as it is written, against the shop."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from tests.e2e.pty_session import REPOSITORY
from tests.e2e.tmux import Tmux
from tests.shop.stranger import Stranger
from tests.shop.world import World

GUIDE = (REPOSITORY / "docs" / "first-cockpit.md").read_text(encoding="utf-8")
TODO = REPOSITORY / "tests" / "data" / "markdown" / "table.md"
DECIDED = {"gate": (0, 1, 2)}
"""Exit codes of commands that tell a decision."""


def blocks(language: str) -> list[str]:
    """Return the blocks of code of one language, in their order."""
    return re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)


def commands() -> list[list[str]]:
    """Return the commands of the guide, in their order."""
    text = "".join(blocks("sh")).replace("\\\n", " ")
    return [shlex.split(line, comments=True) for line in text.splitlines()]


@pytest.fixture
def stranger(shop: World, tmp_path: Path) -> Stranger:
    shutil.copy(TODO, tmp_path / "todo.md")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    return Stranger(tmp_path, shop)


def addressed(words: list[str], shop: World) -> list[str]:
    """Return a command with the addresses of the test's shop."""
    addresses = {
        "prod-eu": "admin",
        "https://prometheus.example.com": shop.prometheus.url,
        "https://alertmanager.example.com": shop.alertmanager.url,
        "https://shop.example.com": shop.site.url,
    }
    return [addresses.get(word, word) for word in words]


def rehearse(stranger: Stranger, words: list[str]) -> None:
    """Run the screen until it shows the service."""
    pane = Tmux(stranger)
    pane.start(*words, "--operator", "ana")
    try:
        pane.shows("^ REHEARSAL", "NEEDS YOUR TICK", r"\[\+\] shop rollo")
    finally:
        pane.do("kill-server")


def test_every_command_of_the_guide_works_in_its_order(stranger: Stranger) -> None:
    called = []
    for program, *words in commands():
        if program == "export":
            assert words[0].partition("=")[0] in stranger.env
        elif program == "pip":
            assert words == ["install", "mmcockpit"]
        elif program == "git":
            subprocess.run([program, *words], cwd=stranger.folder, check=True)
        elif words[0] == "run":
            rehearse(stranger, words)
        else:
            assert program == "mmcockpit"
            done = stranger.call(*addressed(words, stranger.shop))
            assert done.returncode in DECIDED.get(words[0], (0,)), done
        called.append(words[0])
    assert [word for word in called if word in ("init", "check", "doctor", "run", "gate")] == [
        "init", "check", "doctor", "doctor", "run", "init", "init", "gate",
    ]  # fmt: skip
    assert "files exist, nothing was written" in "".join(stranger.printed)
    written = {name: (stranger.folder / name).read_text(encoding="utf-8") for name in named()}
    limits, item, uses, allow = map(yaml.safe_load, blocks("yaml"))
    assert set(limits) <= set(yaml.safe_load(written["shop/cockpit.yaml"])["signals"])
    assert f"- title: {item[0]['title']}\n" in written["relaunch/checklist.yaml"]
    assert uses["use"][0] in yaml.safe_load(written["shop/cockpit.yaml"])["use"]
    edit(stranger, item[0], allow)


def named() -> list[str]:
    """Return the files that the guide edits."""
    return ["shop/cockpit.yaml", "relaunch/checklist.yaml"]


def edit(stranger: Stranger, item: dict[str, str], allow: dict[str, object]) -> None:
    """Make the edits that the guide shows; the files stay free of mistakes."""
    cockpit, checklist = (stranger.folder / name for name in named())
    cockpit.write_text(f"{cockpit.read_text(encoding='utf-8')}\n{yaml.safe_dump(allow)}", encoding="utf-8")
    title = f"- title: {item['title']}\n"
    text = checklist.read_text(encoding="utf-8")
    indent = " " * (text.index(title) - text.rindex("\n", 0, text.index(title)) + 1)
    checklist.write_text(text.replace(title, f"{title}{indent}signal: {item['signal']}\n"), encoding="utf-8")
    checked = stranger.call("check", "shop/cockpit.yaml", "relaunch/cockpit.yaml")
    assert checked.returncode == 0, checked
