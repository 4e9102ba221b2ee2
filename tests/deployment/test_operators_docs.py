"""What the operators' pages say is so: settings, figures, links, and every command they tell to type."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import httpx
import pytest
import yaml
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from dlsei.celery import JOBS
from dlsei.management.commands.document_settings import PAGE, document, sections
from dlsei.metrics import Figures
from dlsei.models import Mail
from licensing import invitations
from licensing.coursera.api import ApiCoursera
from licensing.coursera.sandbox import Sandbox
from licensing.coursera.sandbox_server import sandbox_app
from licensing.models import Cohort, CourseraJob, Report, RevocationRun
from tests import factories
from tests.deployment.conftest import connected_to, files_in

DOCS = settings.BASE_DIR / "docs" / "operators"
PAGES = sorted(DOCS.rglob("*.md"))
COMMANDS = [
    pytest.param(page, [line.removeprefix("$ ") for line in lines], id=page.stem)
    for page in PAGES
    if (lines := re.findall(r"^\$ .+$", page.read_text(encoding="utf-8"), re.MULTILINE))
]


def composed() -> dict[str, dict[str, object]]:
    text = (settings.BASE_DIR / "docker-compose.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)


@pytest.fixture
def coursera(now: datetime) -> Iterator[None]:
    """Coursera is the sandbox on its wire."""
    programs = {c.coursera_program: c.name for c in Cohort.objects.all()}
    sandbox = Sandbox(
        now=lambda: now, org_id="org", client_id="key", client_secret="secret", programs=programs
    )
    port = ApiCoursera(
        org_id="org",
        client_id="key",
        client_secret="secret",
        transport=httpx.WSGITransport(app=sandbox_app(sandbox)),
    )
    with invitations.reaching(port):
        yield


@pytest.fixture
def trouble(programme, coursera: None, now: datetime) -> None:
    """Whatever a runbook may find: a failing mail, a failing job at Coursera, a stopped run."""
    factories.HecFactory(email="sana@hec.example")
    license = factories.licensed(now=now)
    Mail.objects.update(attempts=1, error="refused")
    CourseraJob.objects.update(attempts=1, error="503")
    Report.objects.create(source="api", as_of=now, imported_at=now)
    RevocationRun.objects.create(
        pk=1, cohort=license.cohort, would_revoke=600, live=1000, stopped_at=now
    )


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("page", "commands"), COMMANDS)
def test_every_command_can_be_typed_as_it_stands(
    page: Path,
    commands: list[str],
    trouble: None,
    clock,
    empty_database: str,
    tmp_path: Path,
    monkeypatch,
    request: pytest.FixtureRequest,
) -> None:
    staff = "University,Full Name,Email\nHEC,Noor,noor@hec.example\n"
    (tmp_path / "staff.csv").write_text(staff, encoding="utf-8")
    for command in commands:
        program, *rest = shlex.split(command.replace("/var/backups/dlsei", str(tmp_path)))
        if (program, *rest[:1]) == ("docker", "compose"):
            compose(rest[1:])
        elif (program, *rest[:2]) == ("docker", "volume", "rm"):
            assert {f"dlsei_{name}" for name in composed()["volumes"]} >= set(rest[2:])
        elif rest[0] == "deploy/healthcheck.py":
            assert Client().get(rest[1]).status_code == 200
        elif program == "python3":
            assert subprocess.run([sys.executable, *rest], capture_output=True).returncode == 0
        elif rest[1] == "restore":
            with connected_to(empty_database), files_in(tmp_path / "documents"):
                call_command(*rest[1:])
        elif rest[1:] == ["check", "--deploy"]:
            call_command(*rest[1:])
        else:
            assert program == "python"
            assert rest[0] == "manage.py"
            call_command(*rest[1:])


def compose(words: list[str]) -> None:
    """The subcommand is one of compose's, and every service that it names is one of ours."""
    subcommand, *rest = words
    assert subcommand in {
        "build",
        "up",
        "stop",
        "start",
        "restart",
        "run",
        "exec",
        "logs",
        "ps",
        "down",
    }
    plain = [word for word in rest if not word.startswith("-") and not word.isdigit()]
    named = plain[:1] if subcommand in {"exec", "run"} else plain
    assert set(named) <= set(composed()["services"]), words


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_link_leads_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8"))

    assert [link for link in links if not (page.parent / link).exists()] == []


def test_the_list_of_settings_is_the_examples() -> None:
    call_command("document_settings", "--check")


def test_a_setting_without_a_word_is_refused() -> None:
    with pytest.raises(ValueError, match="NEW has no comment"):
        sections("# --- The site\n# Said\n#OLD=1\n#NEW=2\n")


def test_a_new_setting_changes_the_page() -> None:
    example = (settings.BASE_DIR / ".env.example").read_text(encoding="utf-8")

    assert document(example + "# Something new\n#NEW=1\n") != (settings.BASE_DIR / PAGE).read_text()


@pytest.mark.django_db
def test_every_figure_is_explained_and_every_alert_is_of_a_figure(trouble: None, now) -> None:
    figures = {family.name for family in Figures(now).collect()}
    page = (DOCS / "monitor.md").read_text(encoding="utf-8")
    alerts = yaml.safe_load((settings.BASE_DIR / "deploy" / "alerts.yml").read_text())
    watched = re.findall(r"dlsei_\w+", str(alerts))

    assert set(watched) <= figures
    explained = set(re.findall(r"`(dlsei_\w+)", page))
    assert explained <= figures
    assert figures - explained <= {"dlsei_mail_unsent", "dlsei_coursera_owed"}


def test_every_job_is_missed_when_it_is_silent() -> None:
    text = (settings.BASE_DIR / "deploy" / "alerts.yml").read_text(encoding="utf-8")
    named = re.findall(r'last_finish_timestamp_seconds\{job=~?"([^"]+)"', text)

    assert sorted("|".join(named).split("|")) == sorted(JOBS)
