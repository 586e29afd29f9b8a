"""Files of a megabyte that were made to keep the loader busy: each is done soon, within little memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from mmcockpit import sources
from mmcockpit.config import library
from mmcockpit.config.load import check_file, load_keymap
from mmcockpit.config.text.error import MOST_MISTAKES
from mmcockpit.config.text.password import find_passwords
from mmcockpit.config.text.slug import Slugs
from mmcockpit.config.text.yaml import parse
from tests.config.files import HEAD, cockpit, mistakes

N = 1_000_000
LOOPS = 90
"""The most CPU time for a file: so many times that of a loop of a million steps, some 3 s on a quiet machine."""
MOST_MB = 200
ITEMS = "name: x\ntitle: X\nphases: [{title: P, sections: [{title: S, items: [\n"
STEP = "name: x\nprocedures: [{title: P, steps: [{title: a, danger: reads, command: [x], "


def lines(text: str, count: int) -> str:
    """Return a text for every number below a count."""
    return "".join(text.replace("%d", str(n)) for n in range(count))


FILES = {
    "word.yaml": f"{HEAD}vars: {{a: '{'a' * N}'}}\n",
    "url.yaml": f"{HEAD}vars: {{a: '{'a://b:' * (N // 6)}'}}\n",
    "schemes.yaml": f"{HEAD}vars: {{a: '{'a://' * (N // 4)}'}}\n",
    "dsn.yaml": f"{HEAD}vars: {{a: '{('password' + ' ' * 1000) * (N // 1008)}'}}\n",
    "titles.yaml": f"{ITEMS}{'{title: a},' * 90_000}]}}]}}]\n",
    "titles.md": "# T\n## P\n" + "- [ ] a\n" * 100_000,
    "sections.yaml": "name: x\nphases:\n  - title: P\n    sections:\n" + lines("      - title: S%d\n", 40_000),
    "inline.yaml": f"{ITEMS}{'{title: a, signal: {api.get: /, pass: x}},' * 22_000}]}}]}}]\n",
    "list.md": "# T\n## P\n- [ ] a\n" + "- " * (N // 2) + "a\n",
    "quote.md": "# T\n## P\n- [ ] a\n" + ">" * N + "\n",
    "brackets.md": "# T\n## P\n- [ ] " + "[a](" * (N // 4) + "\n",
    "stars.md": "# T\n## P\n- [ ] " + "**a " * (N // 4) + "\n",
    "ticks.md": "# T\n## P\n- [ ] " + " ".join("`" * n for n in range(1400)) + "\n",
    "table.md": "- [ ] a\n\n" + "|a" * (N // 8) + "\n" + "|-" * (N // 8) + "\n" + "|b" * (N // 8) + "\n",
    "rows.md": "|Item|Owner|\n|-|-|\n" + "|a|b|\n" * 19_000,
    "tags.md": "- [ ] a " + "<b " * (N // 4) + "<!--" * (N // 16) + "\n",
    "notes.md": "- [ ] a\n" + lines("[^%d]: a\n", 19_000),
    "fence.md": "## Rollback\n```sh\n" + "a 'b' \"$c\" " * (N // 12) + "\n```\n",
    "commands.md": "## Rollback\n```sh\n" + "kubectl get pods\n" * 19_000 + "```\n",
    "parts.md": "- [ ] a (" + "b, " * (N // 4) + ")\n- [ ] " + "(" * (N // 4) + "\n",
    "emoji.md": "# T\n## P\n- [ ] " + "🔐 " * (N // 5) + "a\n",
    "nested.yaml": f"{HEAD}checklist: '{'${a' * 10_000}{'}' * 10_000}'\n",
    "expansion.yaml": f"name: '{'${a}' * (N // 8)}'\nenvironment: e\nvars: {{a: '{'x' * (N // 2)}'}}\n",
    "path.yaml": f"{HEAD}checklist: '{'${a}' * (N // 8)}'\nvars: {{a: '{'x' * (N // 2)}'}}\n",
    "undefined.yaml": f"name: '{'${b}' * (N // 4)}'\nenvironment: e\n",
    "names.yaml": f"name: '{'${b}' * (N // 8)}'\nenvironment: e\nvars: {{{lines('b%d: 1,', 40_000)}}}\n",
    "laughs.yaml": "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"a{n}: &a{n} [{','.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 10)),
    "aliases.yaml": f"{HEAD}vars: {{a: &a '{'x' * (N // 2)}'}}\nlinks: [{','.join(['*a'] * 40_000)}]\n",
    "deep.yaml": "a: " + "[" * N,
    "deep-map.yaml": "{a: " * (N // 4),
    "dashes.yaml": "- " * (N // 2),
    "twice.yaml": "a: 1\n" * (N // 5),
    "unknown.yaml": HEAD + lines("k%d: 1\n", 90_000),
    "nearly.yaml": HEAD + "".join(f"environmen{'t' * n}: 1\n" for n in range(1, 1400)),
    "long-key.yaml": f"{HEAD}? '{'environment' * (N // 11)}'\n: 1\n",
    "readiness.yaml": "name: x\nsignals:\n"
    + lines("  s%d: {api.get: /, pass: 'true'}\n", 9_000)
    + f"readiness: [{lines('t%d,', 9_000)}]\n",
    "layout.yaml": "name: l\npanels:\n"
    + lines("  p%d: {kind: nonsense%d}\n", 12_000)
    + "arrangements: [{columns: []}]\n",
    "theme.yaml": "dark: true\n" + lines("k%d: 1\n", 90_000),
    "keymap.yaml": "keys:\n" + lines("  k%d: a\n", 24_000),
    "rule.yaml": f"name: x\nsignals: {{a: {{api.get: /, pass: '{'(' * 9_000}true{')' * 9_000}'}}}}\n",
    "rules.yaml": "name: x\nsignals:\n" + lines("  a%d: {api.get: /, pass: 'value.a == %d'}\n", 9_000),
    "broken-rules.yaml": "name: x\nsignals:\n" + lines("  a%d: {api.get: /, pass: 'value.a == %d +'}\n", 9_000),
    "pattern.yaml": f"{STEP}captures: {{a: {{pattern: '{'(' * 20_000}{')' * 20_000}'}}}}}}]}}]\n",
    "short-pattern.yaml": f"{STEP}captures: {{a: {{pattern: '{'(' * 190}{')' * 190}'}}}}}}]}}]\n",
    "alert.yaml": f"name: x\nprocedures: [{{title: P, queued_by: {{alerts: [{{a: '{'(' * 20_000}'}}]}}}}]\n",
    "after.yaml": "name: x\nprocedures:\n" + lines("  - {title: P%d, after: [p1%d], steps: [{title: a}]}\n", 15_000),
    "command.yaml": f"name: x\nprocedures: [{{title: P, steps: [{{title: a, command: [{'sh,' * (N // 4)}]}}]}}]\n",
    "integer.yaml": f"{HEAD}t0: {'9' * N}\n",
    "exponent.yaml": f"{HEAD}sources: {{a: {{kind: http, url: x, budget: 1e{'9' * N}}}}}\n",
    "duration.yaml": f"{HEAD}sources: {{a: {{kind: http, url: 'http://x', every: '{'9' * N}s'}}}}\n",
    "host.yaml": f"{HEAD}sources: {{a: {{kind: http, url: 'http://{'a.' * (N // 2)}'}}}}\n",
    "errors.yaml": "name: x\nphases: [" + "{titl: a}," * 40_000 + "]\n",
    "comments.yaml": "name: x\nphases: []\n" + "#\n" * (N // 2),
    "quote.yaml": 'name: "' + "a\n" * (N // 2),
}

MEASURED = """
import json, re, sys
from pathlib import Path
from mmcockpit import sources
from mmcockpit.config.load import check_file
from tests.cpu import loops
for path in sorted(Path(sys.argv[1]).iterdir()):
    errors = []
    def work():
        errors[:] = check_file(path, sources)
    spent = loops(work, most=float(sys.argv[2]))
    # Not ru_maxrss: that counts the process that forked this one, too.
    most = int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) / 1024
    print(json.dumps([path.name, spent, most, len(errors), max([len(str(error)) for error in errors], default=0)]))
"""


def test_any_file_of_a_megabyte_is_done_soon_within_little_memory(tmp_path: Path, home: Path) -> None:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    environment = {**os.environ, "XDG_CONFIG_HOME": str(home.parent)}
    argv = [sys.executable, "-c", MEASURED, str(tmp_path), str(LOOPS)]
    done = subprocess.run(argv, capture_output=True, text=True, env=environment, timeout=300, check=False)
    measured = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(measured) == len(FILES), done.stderr[-2000:]
    assert [each for each in measured if each[1] > LOOPS] == [], "loops of a million steps"
    assert [each for each in measured if each[2] > MOST_MB] == [], "MB"
    assert [each for each in measured if each[3] > MOST_MISTAKES + 1] == [], "mistakes"
    assert [each for each in measured if each[4] > 1000] == [], "characters of a message"


def test_equal_titles_get_numbers_in_order() -> None:
    slugs = Slugs()
    assert [slugs.take(title) for title in ("A", "a-2", "A", "a", "A!", "a-2")] == [
        "a", "a-2", "a-3", "a-4", "a-5", "a-2-2",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("postgres://ana:hunter2@db/x", True),
        ("see (redis://:hunter2@cache:6379)", True),
        ("http://ana:80/x@y", False),
        ("http://host:5432/path?mail=a@b", False),
        ("http://host:5432", False),
        ("ana:hunter2@host", False),
        ("amqp://a:1@b", True),
        ("a://b: c@d", False),
    ],
)
def test_a_password_in_a_url_is_found(text: str, found: bool) -> None:
    assert bool(find_passwords(parse(f"a: {json.dumps(text)}", "x.yaml"))) is found


@pytest.mark.parametrize("key", ["checklist", "layout", "theme"])
@pytest.mark.parametrize("what", ["pipe", "device"])
def test_a_pipe_or_device_is_refused(tmp_path: Path, key: str, what: str) -> None:
    path = tmp_path / f"{key}.yaml"
    if what == "pipe":
        os.mkfifo(path)
    else:
        path.symlink_to("/dev/zero")
    found = mistakes(cockpit(tmp_path, f"{key}: ./{key}.yaml\n"))
    assert found == [f"{key}.yaml:1:1: a pipe, a device or a socket, not a file; check the path"]
    assert "not a file" in str(check_file(path, sources)[0])


def test_a_pipe_as_cockpit_file_keymap_or_markdown_is_refused(tmp_path: Path, home: Path) -> None:
    for name in ("cockpit.yaml", "list.md"):
        os.mkfifo(tmp_path / name)
        assert "not a file" in str(check_file(tmp_path / name, sources)[0])
    home.mkdir()
    os.mkfifo(home / "keymap.yaml")
    with pytest.raises(Exception, match="a pipe, a device or a socket, not a file"):
        load_keymap()


def test_a_folder_of_very_many_files_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(library, "MOST_ENTRIES", 20)
    folder = tmp_path / "list"
    folder.mkdir()
    for n in range(21):
        (folder / f"{n}.txt").touch()
    assert "more than 20 files in" in str(check_file(folder, sources)[0])
    assert len(mistakes(cockpit(tmp_path, "checklist: ./list\n"))) == 1


FOREIGN = {
    "shadow": "root:$6$abcSECRETdef$hash:19000:0:99999:7:::\ndaemon:*:19000:0:99999:7:::\nana:!SECRET:1:::\n",
    "alias": "*SECRET-token\n",
    "tag": "a: !SECRET b\n",
    "key": "SECRET of ana (do not show): x\nb: 1\n",
    "mapping": "host: SECRET\nuser: SECRET\n",
    "twice": "'SECRET of ana': 1\n'SECRET of ana': 2\n",
    "script": '#!/bin/sh\nexport A=SECRET\ncurl -H "x: ${SECRET of ana}" {\n',
    "ini": "[database]\npassword = SECRET\n",
    "binary": "\x00SECRET\n",
    "braces": "{SECRET: ${SECRET it}, [}\n",
    "pem": "-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n",
    "list": "- SECRET\n- SECRET: SECRET\n",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_foreign_file_named_by_mistake_is_not_printed(tmp_path: Path, name: str) -> None:
    foreign = tmp_path / "foreign.yaml"
    foreign.write_text(FOREIGN[name], encoding="utf-8")
    for key in ("checklist", "layout", "theme"):
        found = mistakes(cockpit(tmp_path, f"{key}: {foreign}\n"))
        assert found
        assert "SECRET" not in "\n".join(found)
    assert "SECRET" not in "\n".join(map(str, check_file(foreign, sources)))


@pytest.mark.parametrize("folder", [True, False])
def test_a_syntax_error_of_yaml_is_the_only_one_reported(tmp_path: Path, folder: bool) -> None:
    items = lines("          - {title: I%d, signal: s%d}\n", 30)
    list_ = f"name: x\ntitle: X\nphases:\n  - title: P\n    sections:\n      - title: S\n        items:\n{items}"
    broken = lines("  s%d: {api.get: /, pass: 'value.status == 200'}\n", 30) + "  t: {a: [}\n"
    where = tmp_path / "list"
    where.mkdir()
    if folder:
        (where / "checklist.yaml").write_text(list_)
        (where / "signals.yaml").write_text(f"vars: {{v: x}}\nsignals:\n{broken}")
    else:
        where = where / "list.yaml"
        where.write_text(f"{list_}signals:\n{broken}")
    found = mistakes(
        cockpit(
            tmp_path,
            f"checklist: {where}\nname2: '${{v}}'\nabort: [{{signal: s1, for: 1m, from: P}}]\nreadiness: [s2]\n",
        )
    )
    assert len(found) == 1
    assert "did not find expected" in found[0]
    assert len(check_file(where, sources)) == 1
