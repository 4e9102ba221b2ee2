"""HEC's pages of section 5: cases decided together, the clocks, extensions, invitations."""

import csv
import re
from datetime import date, timedelta
from unittest import mock

import pytest
from django.urls import reverse

from dlsei import history
from dlsei.models import Mail
from dlsei.verbs import Busy
from licensing import revocation
from licensing.models import (
    Programme,
    RevocationCase,
)
from tests.factories import NOW, SYSTEM, HecFactory, UserFactory, licensed
from tests.rows import a_report, failing_invitation, running, with_case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]
NOTE = "The university was asked on Monday."


@pytest.fixture
def browser(sign_in):
    return sign_in(HecFactory())


def lines(response):
    text = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(text.splitlines()))


class TestClosedCases:
    def test_they_are_listed_with_who_closed_them_and_how(self, browser):
        hec = HecFactory()
        open_one, dismissed = with_case(), with_case()
        revocation.dismiss(dismissed.license, note=NOTE, by=hec, now=NOW)

        page = browser.get(reverse("hec_cases"), {"list": "closed"})

        assert [case.pk for case in page.context["page"].rows] == [dismissed.pk]
        body = page.content.decode()
        assert "Dismissed" in body
        assert hec.full_name in body
        assert open_one.license.reference not in body

    def test_the_list_is_a_file_too(self, browser):
        with_case()
        dismissed = with_case()
        revocation.dismiss(dismissed.license, note=NOTE, by=HecFactory(), now=NOW)

        rows = lines(browser.get(reverse("hec_cases"), {"list": "closed", "format": "csv"}))

        assert [(row["License"], row["Outcome"]) for row in rows] == [
            (dismissed.license.reference, "dismissed")
        ]


class TestTheFirstList:
    """A page opens on a list in which something is."""

    def test_of_deadlines(self, browser):
        running(days=3)
        assert browser.get(reverse("hec_clocks")).context["page"].rows

    def test_of_invitations(self, browser):
        license = licensed()
        assert [one.pk for one in browser.get(reverse("hec_invited")).context["page"].rows] == [
            license.pk
        ]

    def test_of_the_outbox(self, browser):
        Mail.objects.all().delete()
        licensed()
        assert browser.get(reverse("hec_outbox")).context["page"].rows


class TestSeveralCases:
    def test_only_the_ticked_ones_are_revoked_with_one_note(self, browser):
        ticked, also, left = with_case(), with_case(), with_case()
        chosen = {"case": [ticked.pk, also.pk], "confirm": "1"}

        # When HEC ticks two of three
        asked = browser.post(reverse("hec_cases_decide"), chosen)

        # Then they are shown once more and nothing has happened
        assert [case.pk for case in asked.context["cases"]] == [ticked.pk, also.pk]
        assert RevocationCase.objects.open().count() == 3

        # When HEC writes the note
        done = browser.post(reverse("hec_cases_decide"), chosen | {"note": NOTE})

        # Then both are revoked, and the third is as before
        assert (done.context["done"], done.context["refused"]) == (2, 0)
        assert list(RevocationCase.objects.open()) == [left]
        assert set(
            RevocationCase.objects.filter(state="revoked").values_list("note", flat=True)
        ) == {NOTE}
        assert Mail.objects.filter(kind="license-revoked").count() == 2

    def test_what_cannot_be_decided_is_said_and_stops_nothing(self, browser):
        # Given three ticked, of which one is decided meanwhile and one is being worked on
        first, gone, busy = with_case(), with_case(), with_case()
        revocation.dismiss(gone.license, note="Known.", by=HecFactory(), now=NOW)
        confirm = revocation.confirm

        def held(license, **kwargs):
            if license.pk == busy.license_id:
                raise Busy
            return confirm(license, **kwargs)

        with mock.patch.dict("verification.console.cases.DECISIONS", {"confirm": held}):
            page = browser.post(
                reverse("hec_cases_decide"),
                {"case": [first.pk, gone.pk, busy.pk], "confirm": "1", "note": NOTE},
            )

        assert (page.context["done"], page.context["refused"]) == (1, 2)
        why = {row.case.pk: reason for row, reason in page.context["rows"]}
        assert why[first.pk] == ""
        assert "no open revocation case" in why[gone.pk]
        assert "Somebody else" in why[busy.pk]
        text = page.content.decode()
        assert all(case.license.reference in text for case in (first, gone, busy))

    def test_a_case_that_is_not_the_one_looked_at_is_not_decided(self, browser):
        """The stage of 60 days has taken over while the page with the one of 30 was open."""
        seen = with_case()
        RevocationCase.objects.filter(pk=seen.pk).update(clause="5.iv")
        with history.acting(by=SYSTEM, now=NOW):
            first = RevocationCase.objects.create(
                license=seen.license,
                clause="5.iii",
                base_on=date(2022, 12, 2),
                deadline=date(2023, 1, 1),
                report=a_report(),
                evidence_on=NOW.date(),
                programme=Programme.in_force(),
                opened_at=NOW,
            )
        page = browser.post(
            reverse("hec_cases_decide"), {"case": [seen.pk], "confirm": "1", "note": NOTE}
        )
        assert page.context["refused"] == 1
        assert set(RevocationCase.objects.open()) == {seen, first}

    def test_without_a_note_nothing_happens_and_the_ticks_stay(self, browser):
        case = with_case()
        page = browser.post(
            reverse("hec_cases_decide"), {"case": [case.pk], "dismiss": "1", "note": " "}
        )
        assert "On what" in page.content.decode() or page.context["form"].errors
        assert f'name="case" value="{case.pk}"' in page.content.decode()
        assert RevocationCase.objects.open().count() == 1

    def test_nothing_ticked_leads_back(self, browser):
        with_case()
        page = browser.post(reverse("hec_cases_decide"), {"confirm": "1"}, follow=True)
        assert "Tick the cases that you decide." in page.content.decode()

    def test_dismissing_several(self, browser):
        cases = [with_case(), with_case()]
        browser.post(
            reverse("hec_cases_decide"),
            {"case": [case.pk for case in cases], "dismiss": "1", "note": NOTE},
        )
        assert RevocationCase.objects.filter(state="dismissed").count() == 2

    def test_the_page_lists_at_most_a_page_of_ticks(self, browser):
        """No tick stands for what is not shown."""
        for _ in range(27):
            with_case()
        page = browser.get(reverse("hec_cases")).content.decode()
        assert len(re.findall('type="checkbox"', page)) == 25


class TestClocks:
    def test_says_when_the_learner_was_warned(self, browser):
        license = running(3)
        Mail.objects.create(
            kind="license-warning",
            person=license.person,
            key=f"license:{license.pk}:warning:{license.next_deadline}:5",
            language="en",
            created_at=NOW - timedelta(hours=5),
            due_at=NOW,
        )
        unwarned = running(4)
        rows = browser.get(reverse("hec_clocks"), {"list": "soon"}).context["page"].rows
        assert [(row.pk, row.warned_at) for row in rows] == [
            (license.pk, NOW - timedelta(hours=5)),
            (unwarned.pk, None),
        ]

    def test_filters_by_clause(self, browser):
        running(-1)
        other = running(-2, next_clause="5.iii")
        page = browser.get(reverse("hec_clocks"), {"list": "due", "clause": "5.iii"})
        assert [row.pk for row in page.context["page"].rows] == [other.pk]
        assert {of["text"]: of["count"] for of in page.context["clauses"]} == {"5.i": 1, "5.iii": 1}


class TestInvitations:
    def test_one_that_fails_says_why_and_can_be_sent_again(self, browser):
        license = failing_invitation()
        page = browser.get(reverse("hec_invited"))
        assert "Unavailable: 503" in page.content.decode()

        browser.post(reverse("hec_invite_again", args=[license.reference]))

        generations = license.coursera_jobs.filter(kind="invite").values_list(
            "generation", flat=True
        )
        assert sorted(generations) == [1, 2]

    def test_an_ended_license_is_not_invited_again(self, browser):
        license = licensed()
        revocation.revoke(license, note=NOTE, by=HecFactory(), now=NOW)
        page = browser.post(reverse("hec_invite_again", args=[license.reference]))
        assert "no live license" in page.content.decode()

    def test_a_mail_that_fails_is_among_them(self, browser):
        license = licensed()
        Mail.objects.create(
            kind="license-invitation",
            person=license.person,
            key=f"license:{license.pk}:invitation:1",
            language="en",
            created_at=NOW,
            due_at=NOW,
            attempts=2,
            error="550 no such mailbox",
        )
        other = UserFactory()
        assert other
        page = browser.get(reverse("hec_invited"))
        assert "550 no such mailbox" in page.content.decode()
