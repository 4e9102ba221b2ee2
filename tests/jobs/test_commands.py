"""`manage.py job NAME`: a dry run changes nothing and says what the real run then does (R23)."""

import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from applications import documents
from applications.models import Document
from dlsei import outbox
from dlsei.celery import JOBS
from licensing import activity, imports, invitations, programme, revocation
from licensing.models import Cohort, License
from tests.factories import (
    NOW,
    SYSTEM,
    YEAR_2,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    approved,
    draft,
    submitted,
)
from tests.licensing.imported_files import PAID, paid_learner, previewed, sheet
from tests.population import approved_people, invited, issued
from verification import decisions, what_if

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)

OWING: dict[str, Callable[..., str]] = {}
"""For each job what makes it owe something; returns the time at which it does."""


def owing(job: str) -> Callable[[Callable[..., str]], Callable[..., str]]:
    def named(prepare: Callable[..., str]) -> Callable[..., str]:
        OWING[job] = prepare
        return prepare

    return named


def report(coursera, now):
    coursera.at = now
    return activity.fetch(by=SYSTEM, now=now)


@owing("issue")
def people_in_line(coursera):
    approved_people(2)
    return "2023-01-10 09:01"


@owing("deliver_coursera")
def licenses_issued(coursera):
    issued(2)
    return "2023-01-10 09:01"


@owing("deliver_mail")
def mails_owed(coursera):
    approved_people(2)
    return "2023-01-10 09:01"


@owing("invite")
def invitations_handed_over(coursera):
    issued(2)
    invitations.deliver(by=SYSTEM, now=NOW)
    outbox.deliver(by=SYSTEM, now=NOW)
    return "2023-01-10 09:01"


@owing("continue_runs")
def a_run_that_the_brake_stopped_and_hec_confirmed(coursera):
    text = YEAR_2.read_text("utf-8").replace("licenses = 500", "licenses = 1")
    programme.load(text, "careful", by=SYSTEM, now=NOW)
    HecFactory()
    invited(3)
    late = NOW + 16 * DAY
    report(coursera, late)
    assert revocation.sweep(by=SYSTEM, now=late)["stopped"] == ["Cohort I"]
    revocation.confirm_run(by=HecFactory(), now=late)
    return "2023-01-26 09:01"


@owing("check_documents")
def files_uploaded(coursera):
    application = draft(kinds=())
    for name in ("card.jpg", "letter.pdf"):
        documents.upload(
            application,
            "student-card",
            name,
            b"not what its name says",
            by=application.person,
            now=NOW,
        )
    return "2023-01-10 09:01"


@owing("run_imports")
def a_file_that_hec_committed(coursera):
    officer = HecFactory()
    learner = paid_learner("bilal@example.pk", year=2021)
    file = previewed(sheet(PAID, learner), "paid", officer, now=NOW)
    imports.commit(file, by=officer, now=NOW)
    return "2023-01-10 09:01"


@owing("run_what_ifs")
def a_question_of_hecs(coursera):
    what_if.ask_figures("Try", {"queue": {"due_hours": 1}}, by=HecFactory(), now=NOW)
    return "2023-01-10 09:01"


@owing("remind")
def applications_overdue(coursera):
    HecFactory()
    submitted(university=FocalPersonFactory().university)
    submitted(university=UniversityFactory())
    return "2023-01-12 09:00"


@owing("open_tranches")
def a_tranche_whose_day_has_come(coursera):
    return "2023-02-14 00:05"


@owing("expire")
def licenses_past_their_last_day(coursera):
    invited(2)
    return "2023-08-01 00:05"


@owing("close_cohorts")
def a_cohort_that_is_over(coursera):
    invited(1)
    submitted()
    approved()
    return "2023-08-01 00:05"


@owing("fetch_report")
def learners_who_joined(coursera):
    for license in invited(2):
        coursera.sandbox.accept(license.cohort.coursera_program, license.reference)
    coursera.at = NOW + DAY
    return "2023-01-11 02:00"


@owing("extend")
def learners_who_got_far(coursera):
    coursera.at = NOW + DAY
    for license in invited(2):
        at_coursera = license.cohort.coursera_program, license.reference
        coursera.sandbox.enroll(*at_coursera, "Data Science", "specialization")
        coursera.sandbox.progress(*at_coursera, "Data Science", 60)
    report(coursera, NOW.replace(month=7, day=20))
    return "2023-07-20 09:30"


@owing("revoke")
def learners_who_stayed_idle(coursera):
    invited(3)
    report(coursera, NOW + 16 * DAY)
    return "2023-01-26 09:15"


@owing("warn")
def a_deadline_near(coursera):
    invited(2)
    return "2023-01-24 03:30"


@owing("purge")
def documents_past_retention(coursera):
    application = submitted()
    focal_person = FocalPersonFactory(university=application.university).person
    decisions.reject(application, reason="the card has expired", by=focal_person, now=NOW)
    return "2023-04-20 04:00"


@pytest.fixture(autouse=True)
def parts(programme, coursera):
    """The programme in force, and Coursera to be asked."""


def run(*arguments: str) -> dict[str, Any]:
    out = io.StringIO()
    call_command("job", *arguments, "--json", stdout=out)
    said: dict[str, Any] = json.loads(out.getvalue())
    return said


def everything(coursera) -> dict[str, Any]:
    """All that a job could change: each row of each table, each file, each person at Coursera."""
    rows = {}
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {table} t")
            rows[table] = cursor.fetchone()[0]
    files = {name: default_storage.exists(name) for name in files_kept()}
    people = {key: person.state for key, person in coursera.sandbox.people.items()}
    return rows | {"files": files, "people": people}


def files_kept() -> list[str]:
    return list(Document.objects.exclude(file="").values_list("file", flat=True))


@pytest.mark.parametrize("job", JOBS)
def test_a_dry_run_changes_nothing_and_the_real_run_does_what_it_said(job, coursera, mailoutbox):
    at = OWING[job](coursera)
    before, mails = everything(coursera), len(mailoutbox)

    said = run(job, "--at", at, "--dry-run")

    assert everything(coursera) == before
    assert len(mailoutbox) == mails
    assert said["job"] == job
    assert said["at"] == f"{at.replace(' ', 'T')}:00+05:00"
    assert figure(said["result"]) > 0, "the test must owe something"

    done = run(job, "--at", at)

    assert figure(done["result"]) == figure(said["result"])
    assert everything(coursera) != before
    again = run(job, "--at", at)
    assert job == "fetch_report" or figure(again["result"]) == 0, "what is done is not due"


def figure(result: dict[str, Any]) -> int:
    """How much was done or is due, whatever the job calls it."""
    if "report" in result:
        return 1
    return sum(
        figure(value) if isinstance(value, dict) else value
        for value in result.values()
        if isinstance(value, int | dict)
    )


def test_each_job_is_tried_here():
    assert set(OWING) == set(JOBS)


def test_a_file_is_gone_after_the_real_purge_only(coursera):
    at = documents_past_retention(coursera)
    (name,) = files_kept()

    run("purge", "--at", at, "--dry-run")
    assert default_storage.exists(name)

    run("purge", "--at", at)
    assert not default_storage.exists(name)
    assert Document.objects.get().purged_at


class TestTheCommandItself:
    def said(self, *arguments):
        out = io.StringIO()
        call_command("job", *arguments, stdout=out)
        return out.getvalue()

    def test_lists_each_job_with_its_time(self):
        lines = self.said("--list").splitlines()

        assert [line.split()[0] for line in lines] == list(JOBS)
        assert "daily at 03:15" in next(line for line in lines if line.startswith("revoke"))

    def test_says_in_words_what_it_did(self):
        approved_people(2)

        assert self.said("issue", "--at", "2023-01-10 09:01") == "issue: issued 2\n"
        assert Cohort.objects.named("Cohort I").seats_held == License.objects.count() == 2

    @pytest.mark.parametrize("at", ["yesterday", "2023-13-01 00:00", "10.1.2023"])
    def test_a_time_that_is_none_is_said_to_be_none(self, at):
        with pytest.raises(CommandError, match="a time in Karachi such as"):
            self.said("issue", "--at", at)

    def test_a_job_that_is_none_is_said_to_be_none(self):
        with pytest.raises(CommandError, match="invalid choice: 'isue'"):
            self.said("isue")

    def test_a_day_alone_is_its_first_minute(self):
        assert run("issue", "--at", str(date(2023, 1, 11)))["at"] == "2023-01-11T00:00:00+05:00"
