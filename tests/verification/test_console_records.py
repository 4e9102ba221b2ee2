"""HEC's records: history search, the close of a cohort before and after, numbers, the service's health."""

import csv
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.urls import reverse

from applications import closing, documents
from applications.models import Application, Document
from dlsei import health_page
from dlsei.celery import JOBS
from dlsei.models import Event, Mail, Slot
from dlsei.policy.calendar_days import KARACHI
from licensing import expiry, revocation
from licensing.models import Cohort, License, Report
from tests.factories import (
    NOW,
    SYSTEM,
    FocalPersonFactory,
    HecFactory,
    UserFactory,
    approved,
    draft,
    licensed,
    resize,
    submitted,
)
from verification import decisions, history_search
from verification.history_search import Question

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]
AFTER_COHORT_1 = datetime(2023, 8, 1, 0, 6, tzinfo=KARACHI)


@pytest.fixture
def hec():
    return HecFactory(full_name="Rubina of HEC")


@pytest.fixture
def browser(sign_in, hec):
    return sign_in(hec)


def lines(response):
    text = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(text.splitlines()))


def found(**question):
    return [
        (event.subject, event.to_state)
        for event in history_search.find(Question(**question)).order_by("id")
    ]


class TestHistory:
    def test_by_reference_all_that_came_of_an_application(self):
        license = licensed()
        licensed()
        reference = license.place.application.reference
        assert found(about=reference.lower()) == [
            ("application", "pending"),
            ("place", "waiting"),
            ("application", "approved"),
            ("place", "served"),
            ("license", "issued"),
        ]
        assert found(about=license.reference) == [("license", "issued")]

    @pytest.mark.parametrize("words", ["zainab", "zainab@uop.pk", "35202-1234567-1"])
    def test_by_person(self, words):
        person = UserFactory(
            full_name="Zainab Malik", email="zainab@uop.pk", identity_number="3520212345671"
        )
        submitted(person)
        submitted()
        assert ("application", "pending") in found(about=words)
        assert len([one for one in found(about=words) if one[0] == "application"]) == 1

    def test_by_actor_clause_and_day(self, hec):
        license = licensed()
        later = NOW + timedelta(days=3)
        revocation.revoke(license, note="Asked.", by=hec, now=later)
        assert ("license", "revoked") in found(actor="rubina")
        assert ("license", "issued") not in found(actor="rubina")
        assert set(found(clause="5.z")) == {
            ("license", "revoked"),
            ("revocationcase", "revoked"),
            ("bucket", "0/18000"),
        }
        assert ("license", "revoked") in found(since=later.date(), until=later.date())
        assert ("license", "revoked") not in found(until=later.date() - timedelta(days=1))

    def test_drafts_and_their_documents_are_nobody_elses(self, browser):
        drafter = UserFactory(full_name="Draft Only")
        draft(drafter)
        assert [
            one for one in found(about="Draft Only") if one[0] in ("application", "document")
        ] == []
        assert "Draft Only" not in browser.get(reverse("hec_history")).content.decode()

    def test_the_page_names_things_and_leads_to_them(self, browser):
        license = licensed()
        page = browser.get(reverse("hec_history"), {"about": license.reference}).content.decode()
        assert license.person.full_name in page
        assert f"?q={license.reference}" in page
        file = lines(
            browser.get(reverse("hec_history"), {"about": license.reference, "format": "csv"})
        )
        assert [(row["What"], row["After"]) for row in file] == [("License", "Issued")]

    def test_dates_the_wrong_way_round_are_said(self, browser):
        page = browser.get(
            reverse("hec_history"), {"since": "2023-02-01", "until": "2023-01-01"}
        ).content.decode()
        assert "The last day is before the first day." in page

    @pytest.mark.parametrize(
        ("question", "index"),
        [
            (Question(), "event_at"),
            (Question(clause="5.iii"), "event_by_clause"),
            (Question(about="L-777"), "one_event_a_change"),
            (Question(actor="Rubina"), "event_of_actor"),
        ],
    )
    def test_each_search_has_an_index(self, hec, question, index):
        license = licensed()
        License.objects.filter(pk=license.pk).update(reference="L-777")
        events = history_search.find(question).order_by("-at", "-id")[:26]
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
            # What a sort of 26 among few rows would save, and of many would not.
            if question.about == "":
                cursor.execute("SET LOCAL enable_sort = off")
            else:
                # Among a handful of rows any index will do, until there is no other.
                cursor.execute("DROP INDEX event_at, event_by_clause, event_of_actor")
        assert index in events.explain()


class TestClose:
    @pytest.fixture
    def cohort(self):
        """Cohort I with one license, one in line and one pending."""
        cohort = Cohort.objects.named("Cohort I")
        licensed()
        approved()
        submitted()
        resize(cohort, total=1)
        return cohort

    def fingerprint(self):
        with connection.cursor() as cursor:
            rows = []
            for table in sorted(connection.introspection.table_names(cursor)):
                cursor.execute(
                    f'SELECT md5(string_agg(t::text, "|" ORDER BY t::text)) FROM "{table}" t'.replace(
                        '"|"', "'|'"
                    )
                )
                rows.append((table, cursor.fetchone()[0]))
            return rows

    def test_a_dry_run_says_what_would_be_and_changes_nothing(self, browser, cohort):
        browser.get(reverse("hec_close", args=[cohort.pk]))
        before = self.fingerprint()

        page = browser.post(reverse("hec_close", args=[cohort.pk]))

        assert {f["which"]: f["value"] for f in page.context["figures"]} == {
            "expire": 1,
            "P1": 1,
            "P2": 1,
        }
        assert self.fingerprint() == before

    def test_the_fingerprint_notices_a_change(self, cohort):
        before = self.fingerprint()
        License.objects.update(ends_on=date(2023, 7, 30))
        assert self.fingerprint() != before

    @pytest.mark.parametrize("which", ["expire", "P1", "P2"])
    def test_behind_each_figure_is_its_list(self, browser, cohort, which):
        figures = {
            f["which"]: f["value"]
            for f in browser.post(reverse("hec_close", args=[cohort.pk])).context["figures"]
        }
        page = browser.get(reverse("hec_close_list", args=[cohort.pk, which]))
        assert len(page.context["page"].rows) == figures[which] == 1
        file = lines(
            browser.get(reverse("hec_close_list", args=[cohort.pk, which]), {"format": "csv"})
        )
        assert len(file) == 1

    def test_the_result_is_what_the_dry_run_said(self, browser, hec, cohort, clock):
        said = closing.rehearse(cohort, by=hec, now=NOW)
        clock.move_to(AFTER_COHORT_1)

        # When the night's jobs run, licenses end a moment before the close
        expiry.expire(by=SYSTEM, now=AFTER_COHORT_1 - timedelta(seconds=30))
        closing.close_cohorts(by=SYSTEM, now=AFTER_COHORT_1)

        cohort.refresh_from_db()
        assert closing.result(cohort) == {
            "expire": said["expired"],
            "P1": said["waiting"],
            "P2": said["pending"],
        }
        page = browser.get(reverse("hec_close", args=[cohort.pk]))
        assert "It was closed on" in page.content.decode()
        assert [f["value"] for f in page.context["figures"]] == [1, 1, 1]

    def test_the_last_cohort_lets_lapse(self, hec):
        last = Cohort.objects.named("Cohort II")
        Application.objects.filter(pk=submitted().pk).update(cohort=last)
        assert closing.rehearse(last, by=hec, now=NOW)["lapsed"] == 1
        assert closing.result(last) == {"expire": 0, "lapse": 1}


class TestNumbers:
    def test_charts_say_what_happened(self, browser, hec, clock):
        # Given one decided in 30 hours, one revoked
        focal = FocalPersonFactory(university__name="Slow University")
        application = submitted(university=focal.university)
        decisions.approve(application, by=focal.person, now=NOW + timedelta(hours=30))
        application.refresh_from_db()
        license = licensed(application, now=NOW + timedelta(hours=30))
        revocation.revoke(license, note="Asked.", by=hec, now=NOW + timedelta(days=2))
        clock.move_to(NOW + timedelta(days=3))

        page = browser.get(reverse("hec_numbers"))

        by_name = dict(page.context["charts"])
        assert by_name["applications"].rows == [("10 Jan 2023", "1")]
        assert by_name["decisions"].rows == [("Slow University", "30")]
        assert by_name["revocations"].head == ("Month", "5.z")
        assert by_name["revocations"].rows == [("Jan 2023", "1")]
        assert page.context["seats"][0].rows[-1] == ("12 Jan 2023", "0", "18,000")

    @pytest.mark.parametrize(
        ("file", "row"),
        [
            ("applications", {"Day": "2023-01-10", "Applications": "1"}),
            ("decisions", {"Decisions": "1", "In time, percent": "100"}),
            ("revocations", {"Clause": "5.z", "Licenses revoked": "1"}),
        ],
    )
    def test_each_is_a_file_too(self, browser, hec, file, row):
        revocation.revoke(licensed(), note="Asked.", by=hec, now=NOW)
        (found,) = lines(browser.get(reverse("hec_numbers"), {"file": file}))
        assert row.items() <= found.items()

    def test_without_anything_it_says_so(self, browser):
        assert "Nothing to show yet." in browser.get(reverse("hec_numbers")).content.decode()


class TestHealth:
    def test_every_job_is_said_in_words(self):
        assert set(health_page.WORDS) == {job.verb for job in JOBS.values()}

    def test_a_job_that_failed_or_is_late_is_seen(self, browser):
        Slot.objects.create(job="deliver_mail", key="tick", finished_at=NOW - timedelta(minutes=1))
        Slot.objects.create(job="issue", key="tick", finished_at=NOW - timedelta(hours=1))
        Slot.objects.create(
            job="revoke", key="2023-01-10", started_at=NOW, error="ValueError: broken", attempts=1
        )
        page = browser.get(reverse("hec_health"))
        states = {job.name: job.state for job in page.context["jobs"]}
        assert (states["deliver_mail"], states["issue"], states["revoke"]) == (
            "well",
            "late",
            "failing",
        )
        assert "ValueError: broken" in page.content.decode()

    def test_what_waits_too_long_is_seen(self, browser):
        submitted(now=NOW - timedelta(hours=2))
        Report.objects.create(source="api", as_of=NOW - timedelta(days=3), imported_at=NOW)
        checked, mails, coursera, report = browser.get(reverse("hec_health")).context["ages"]
        assert (checked.late, mails.late, coursera.late, report.late) == (
            False,
            True,
            False,
            True,
        )
        assert Mail.objects.count() == mails.count

    def test_documents_in_checking_are_late_after_ten_minutes(self, browser):
        for minutes in (3, 11):
            documents.upload(
                (mine := draft(kinds=())),
                *("student-card", "card.pdf", b"x"),
                by=mine.person,
                now=NOW - timedelta(minutes=minutes),
            )
        waiting, *_ = browser.get(reverse("hec_health")).context["ages"]
        assert (waiting.count, waiting.since) == (2, NOW - timedelta(minutes=11))
        assert waiting.late
        Document.objects.get(uploaded_at=waiting.since).delete()
        waiting, *_ = browser.get(reverse("hec_health")).context["ages"]
        assert (waiting.count, waiting.late) == (1, False)

    def test_a_dead_redis_is_seen(self, browser, settings):
        settings.REDIS_URL = "redis://127.0.0.1:1/0"
        assert "Out of order" in browser.get(reverse("hec_health")).content.decode()

    def test_nothing_of_it_is_written(self, browser):
        before = Event.objects.count()
        browser.get(reverse("hec_health"))
        assert Event.objects.count() == before
