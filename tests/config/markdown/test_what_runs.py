"""Commands that a reader would not run as they are: of another host, in one case only, or with a word to replace."""

import pytest

from mmcockpit.config.markdown.shell.commands import command, commands
from mmcockpit.core.model.procedure import Procedure
from tests.config.markdown.reading import imported


def procedures(text: str) -> list[Procedure]:
    """Return the procedures of a text."""
    return list(imported(text).checklist.procedures)


def running(text: str) -> list[str]:
    """Return the commands of the steps that can run, without the options for the watched cluster."""
    return [
        " ".join(word for word in step.argv if "{cluster." not in word)
        for procedure in procedures(text)
        for step in procedure.steps
        if step.argv
    ]


@pytest.mark.parametrize(
    "written",
    [
        *("ssh api-1", "ssh -p 22 ana@api-1", "sudo -i", "sudo su - postgres", "su - postgres", "sudo bash", "bash"),
        *("kubectl exec -it db-0 -- bash", "docker exec -it web sh", "docker compose exec -u root web bash"),
        *("docker run --rm -it alpine", "gcloud compute ssh web-1", "aws ssm start-session --target i-1", "oc rsh web"),
        *("psql -h db-2 shop", "mysql -u root -p", "redis-cli -h cache", "sqlite3 shop.db", "python", "mongosh"),
        *("vi /etc/app.conf", "sudo nano /etc/app.conf", "kubectl edit deploy/web", "crontab -e", "less app.log"),
        *("kubectl exec -it db-0 -- psql -U shop", "python manage.py shell", "tmux", "telnet mail 25"),
    ],
)
def test_a_command_that_waits_for_a_person_does_not_run(written: str) -> None:
    assert command(written).why == "is interactive"


@pytest.mark.parametrize(
    "written",
    [
        *(
            "ssh api-1 uptime",
            "ssh -V",
            "sudo systemctl stop app",
            "su - postgres -c ls",
            "bash ./run.sh",
            "sudo -u a ls",
        ),
        *("kubectl exec db-0 -- ls", "docker exec web ls", "docker compose exec -T web ls", "psql -h db -c vacuum"),
        *("kubectl run a --rm -it --image=alpine -- ls", "mysql -e status", "redis-cli -h cache ping", "python a.py"),
        *("kubectl exec db-0 -- psql -c vacuum", "tmux new-session -d x", "psql -f a.sql", "git rebase main"),
    ],
)
def test_the_same_programs_run_with_a_command_of_their_own(written: str) -> None:
    assert command(written).why == ""


@pytest.mark.parametrize(
    "written",
    [
        *("git tag vX.Y.Z", "git checkout 1.2.x", "kubectl delete pod POD_NAME", "kubectl delete pod NAME"),
        *("helm rollback shop REVISION", "gcloud config set project PROJECT_ID", "run --tag=NEW_TAG", "run web:%TAG%"),
        *("run web:__TAG__", "stop i-xxxxxxxx", "curl http://x.x.x.x/health", "restore backup-YYYY-MM-DD.dump"),
        *("restore /path/to/shop.dump", "run web:...", "run '...'", "run 'Your Account'", "ping web-XX.example.com"),
    ],
)
def test_a_word_to_replace_in_any_form_is_a_placeholder(written: str) -> None:
    assert command(written).why == "has a placeholder to fill in"


@pytest.mark.parametrize(
    "written",
    [
        *("kubectl set env deploy/web LOG_LEVEL=debug", "aws deploy --capabilities CAPABILITY_IAM"),
        *("psql -c 'alter TABLE a drop b'", "git tag v1.2.3", "run --set image.tag=4.2", "run web  # print its NAME"),
    ],
)
def test_names_in_capitals_and_versions_are_no_placeholders(written: str) -> None:
    assert command(written).why == ""


def test_a_step_after_a_change_of_host_or_folder_does_not_run_here() -> None:
    commands_ = ("{}", "git pull", "curl http://web/")
    steps = "".join(f"{n}. Do it\n   ```sh\n   {each}\n   ```\n" for n, each in enumerate(commands_, start=1))
    assert running("## Deploy\n" + steps.format("ssh api-1")) == []
    assert running("## Deploy\n" + steps.format("cd /srv")) == ["curl http://web/"]
    assert running("## Deploy\n" + steps.format("export A=b")) == ["curl http://web/"]
    assert running("## Deploy\n" + steps.format("vi app.conf")) == ["git pull", "curl http://web/"]
    assert running("## Deploy\n" + steps.format("psql shop")) == ["git pull", "curl http://web/"]


@pytest.mark.parametrize(
    ("text", "whys"),
    [
        ("ssh a\nrun\nexit\nrun\n", ["is interactive", "depends on `ssh` before it", "needs a shell (exit)", ""]),
        ("psql\nselect 1;\n\\q\nrun\n", ["is interactive", "needs a shell (;)", "\\q is no program", ""]),
        (
            "cd /srv\nfor i in 1; do\nrun\ndone\nrun\n",
            ["needs a shell (cd)", "needs a shell (for)", *["depends on `cd` before it"] * 3],
        ),
        (
            "cd /srv\nkubectl get pods\nkubectl apply -f a.yaml\n",
            ["needs a shell (cd)", "", "depends on `cd` before it"],
        ),
        ("export KUBECONFIG=a\nkubectl get pods\n", ["needs a shell (export)", "depends on `KUBECONFIG` before it"]),
        (
            "kubectl exec -it a -- sh\nrm b\nkubectl get pods\n",
            ["is interactive", "depends on `kubectl exec` before it", ""],
        ),
        ("[root@db-3 ~]# reboot\n", ["its prompt is of root@db-3"]),
        ("ana@laptop:~$ kubectl get pods\n", [""]),
        (
            "SELECT name from a\nHTTP/1.1 200 OK\nWaiting for it\n",
            [f"{each} is no program" for each in ("SELECT", "HTTP/1.1", "Waiting")],
        ),
    ],
)
def test_what_comes_before_a_command_in_its_block_counts(text: str, whys: list[str]) -> None:
    done = "needs a shell (done)"
    assert [shell.why for shell in commands(text)] == [
        done if "done" in shell.written else why for shell, why in zip(commands(text), whys, strict=True)
    ]


def test_columns_and_results_after_a_command_are_its_output() -> None:
    look = "kubectl get deploy web\nNAME   READY   AGE\nweb    3/3     5d\n"
    block = f"{look}\nkubectl scale deploy/web --replicas=0\ndeployment.apps/web scaled\n"
    (procedure,) = procedures(f"## Step 1\n```sh\n{block}```\n")
    assert [step.text for step in procedure.steps] == [
        "Output: NAME   READY   AGE\nOutput: web    3/3     5d",
        "Output: deployment.apps/web scaled",
    ]


@pytest.mark.parametrize(
    "before",
    [
        *("Or, on old hosts:", "Alternatively:", "Do **not** run this on the primary:", "For example:", "Wrong:"),
        *("If the health check does not answer within five minutes, go back to the release that ran before it:",),
        *("On the standby:", "On each of the old nodes, run:", "Fast restart if issues:", "To roll back:"),
        *("or", "Emergency only:", "As the user postgres:", "As a last resort:"),
        *("Use the command below as an example:", "Look at it. On one of the nodes, run:"),
        *("Option B: by a restart", "Otherwise, run", "Replace `web` with the name of the service:"),
    ],
)
def test_commands_for_another_case_are_shown_and_not_run(before: str) -> None:
    first = "# T\n## Step 1: Restart\n```sh\nsystemctl restart app\n```\n"
    second = "```sh\nsystemctl restart web\n```\n"
    for text in (f"{first}{before}\n{second}", f"{first}### {before}\n{second}"):
        assert running(text) == ["systemctl restart app"]
        assert "Command for a shell: systemctl restart web" in procedures(text)[0].steps[1].text


@pytest.mark.parametrize(
    "before",
    [
        *("Adjust the limits:", "Then restart it.", "If you are on call, stay.", "Replace the primary:"),
        *("Check if a restart is needed:", "Look at the load on the primary:"),
    ],
)
def test_commands_after_other_sentences_run(before: str) -> None:
    assert running(f"# T\n## Step 1: Restart\n{before}\n```sh\nsystemctl restart web\n```\n") == [
        "systemctl restart web"
    ]


def test_comments_are_conditions_too_and_are_not_lost() -> None:
    (procedure,) = procedures(
        """\
        ## Step 1: Restart
        ```sh
        # systemd
        systemctl restart web
        # or docker
        docker restart web

        kubectl get pods   # all of them
        kubectl scale deploy/web --replicas=0  # only if the queue is empty
        kubectl delete pod web-1  # replace with your pod
        ```
        """
    )
    assert [step.argv[0] for step in procedure.steps if step.argv] == ["systemctl", "kubectl"]
    assert "all of them" in procedure.steps[2].text


def test_the_first_condition_of_a_rollback_is_the_rollback_itself() -> None:
    first, second = "kubectl rollout undo deploy/web", "pg_restore shop.dump"
    block = f"```sh\n# If the release fails\n{first}\n# If the schema changed\n{second}\n```\n"
    assert running(f"# T\n## Rollback plan\n{block}") == ["kubectl rollout undo deploy/web"]
    assert running(f"# T\n## Deployment\n{block}") == []


def test_a_command_in_a_comment_is_no_title_of_the_next_one() -> None:
    scale = "kubectl scale deploy/web --replicas"
    block = f"```sh\n# Stop\n{scale}=0\n# kubectl delete pvc old\n# Start\n{scale}=3\n```\n"
    (procedure,) = procedures(f"## Rollback\n{block}")
    assert [(step.title, step.text) for step in procedure.steps] == [
        ("Stop", "Comment: kubectl delete pvc old"),
        ("Start", ""),
    ]


def test_a_label_of_a_rollback_between_blocks_of_commands_begins_another_procedure() -> None:
    block = "```sh\nsystemctl start {}\n```\n\n"
    found = procedures(f"# Deployment\n**Start**\n\n{block.format('new')}**Rollback**\n\n{block.format('old')}")
    assert [(each.title, [step.argv[-1] for step in each.steps]) for each in found] == [
        ("Deployment", ["new"]),
        ("Rollback: Deployment", ["old"]),
    ]


@pytest.mark.parametrize(
    ("entry", "title", "argv"),
    [
        ("Run `./migrate.sh --all`", "Run ./migrate.sh --all", ("./migrate.sh", "--all")),
        ("Run the migration: `./migrate.sh`.", "Run the migration: ./migrate.sh.", ("./migrate.sh",)),
        ("Restart it: `systemctl restart app`", "Restart it: systemctl restart app", ("systemctl", "restart", "app")),
        ("Restart it\n   `systemctl restart app`", "Restart it", ("systemctl", "restart", "app")),
        ("`./migrate.sh`\n   Expected: `0 errors`", "./migrate.sh", ("./migrate.sh",)),
        ("Run `./migrate.sh` on the primary", "Run ./migrate.sh on the primary", ()),
        ("Do not run: `systemctl stop app`", "Do not run: systemctl stop app", ()),
        ("If it fails, run `./undo.sh`", "If it fails, run ./undo.sh", ()),
        ("Edit the file: `/etc/app.conf`", "Edit the file: /etc/app.conf", ()),
    ],
)
def test_code_in_the_text_of_a_step_runs_if_it_is_all_there_is_to_do(
    entry: str, title: str, argv: tuple[str, ...]
) -> None:
    (procedure,) = procedures(f"## Procedure\n1. {entry}\n")
    assert [(step.title, step.argv) for step in procedure.steps] == [(title, argv)]


@pytest.mark.parametrize("title", ["`ssh` to the standby", "Log in to the old server", "Connect to the database host"])
def test_steps_after_a_step_that_logs_in_do_not_run_here(title: str) -> None:
    entry = "   ```sh\n   {}\n   ```\n"
    text = f"## Deploy\n1. {title}\n{entry.format('systemctl stop a')}2. Look\n{entry.format('systemctl stop b')}"
    assert running(text) == []
    assert running(text.replace(title, "Connect to the meeting")) == ["systemctl stop a", "systemctl stop b"]


def test_kubectl_on_a_host_is_bound_to_the_watched_cluster_as_everywhere() -> None:
    text = "## Step 1: Drain\nOn the control plane node:\n```sh\nkubectl drain a\nsystemctl stop kubelet\n```\n"
    assert running(text) == ["kubectl drain a"]


def test_the_lines_of_a_script_do_not_run_one_by_one() -> None:
    text = "## Rollback\n```sh\n#!/bin/bash\n# stop it\nkubectl scale deploy/a --replicas=0\n```\n"
    assert running(text) == []


def test_rollback_commands_run_in_a_rollback_and_nowhere_else() -> None:
    block = "```sh\n# Deploy\n./deploy.sh\n# Roll back the database\n./back.sh\n```\n"
    assert running(f"# T\n## Deployment\n{block}") == ["./deploy.sh"]
    assert running(f"# T\n## Rollback\n{block}") == ["./deploy.sh", "./back.sh"]


def test_a_command_in_a_row_with_a_host_does_not_run_here() -> None:
    rows = "| 1 | Stop | db-1 | `systemctl stop a` |\n| 2 | Look | | `systemctl status a` |\n"
    more = "| 3 | If it fails | | `systemctl start a` |\n| 4 | Drain | db-1 | `kubectl drain db-1` |\n"
    text = f"## Rollback\n| # | Step | Host | Command |\n|-|-|-|-|\n{rows}{more}"
    assert running(text) == ["systemctl status a", "kubectl drain db-1"]


def test_words_in_a_column_of_commands_are_no_commands() -> None:
    rows = "".join(
        f"| Do {n} | {cell} |\n" for n, cell in enumerate(("manual", "Click Deploy", "kubectl get pods", "`ls`"))
    )
    (procedure,) = procedures(f"## Rollback\n| Step | Command |\n|-|-|\n{rows}")
    assert running(f"## Rollback\n| Step | Command |\n|-|-|\n{rows}") == ["kubectl get pods", "ls"]
    assert [step.text for step in procedure.steps[:2]] == ["Command: manual", "Command: Click Deploy"]


def test_a_step_that_is_only_a_block_of_commands_is_one() -> None:
    text = "## Rollback\n1. Stop\n2. ```sh\n   kubectl get pods\n   ```\n"
    assert running(text) == ["kubectl get pods"]
    assert not imported(text).lost


def test_a_command_that_selects_a_cluster_or_a_namespace_does_not_run() -> None:
    block = "```sh\n{}\nkubectl get pods\n```\n"
    assert running(f"## Rollback\n{block.format('kubectl config use-context prod')}") == ["kubectl get pods"]
    assert running(f"## Rollback\n{block.format('kubens shop')}") == []
    assert running(f"## Rollback\n{block.format('kubectl config set-context --current --namespace=shop')}") == []


def test_a_comment_in_parentheses_is_a_condition_too_and_is_not_lost() -> None:
    (procedure,) = procedures("## Rollback\n```sh\nls\n# (run as postgres)\ncreatedb shop\n```\n")
    assert [bool(step.argv) for step in procedure.steps] == [True, False]
    assert "(run as postgres)" in procedure.steps[1].text
