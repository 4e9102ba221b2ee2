"""HEC's pages of the bucket: the ledger, allocations, dates, more seats."""

import csv
from datetime import timedelta

import pytest
from django.urls import reverse

from dlsei.audit import breaches
from dlsei.history import acting
from licensing import buckets, ledger, revocation
from licensing.models import Allocation, Cohort, License
from tests.factories import NOW, SYSTEM, HecFactory, approved, licensed, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]


@pytest.fixture
def browser(sign_in):
    return sign_in(HecFactory(full_name="Sana of HEC"))


@pytest.fixture
def cohort():
    return Cohort.objects.named("Cohort I")


def lines(response):
    text = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(text.splitlines()))


class TestLedger:
    def test_says_each_change_with_its_clause_its_actor_and_the_balance(self, browser, cohort):
        # Given a seat given, one taken back by hand, and more seats
        revoked = licensed()
        sana = HecFactory(full_name="Rubina of HEC")
        revocation.revoke(revoked, note="Asked by the university.", by=sana, now=NOW)
        buckets.add_tranche(cohort, 7, NOW.date(), by=sana, now=NOW)

        # When HEC takes the ledger as a file
        found = lines(browser.get(reverse("hec_ledger", args=[cohort.pk]), {"format": "csv"}))

        # Then it says them in order
        assert [(e["What"], e["By how many"], e["Held after it"], e["Clause"]) for e in found] == [
            ("Seats opened", "18000", "0", ""),
            ("Licenses issued", "1", "1", "4.1.k"),
            ("Licenses ended", "-1", "0", "5.z"),
            ("Seats opened", "7", "0", ""),
        ]
        assert found[-1]["Seats after it"] == "18007"
        assert [e["By"] for e in found[2:]] == ["Rubina of HEC", "Rubina of HEC"]

    def test_is_written_by_the_database_and_ends_with_what_the_bucket_holds(self, cohort):
        licensed()
        licensed()

        assert [event.data["held"] for event in ledger.of(cohort).order_by("sequence")] == [0, 1, 2]
        assert list(breaches(NOW)) == []

    def test_a_change_without_an_actor_is_refused(self, cohort):
        with pytest.raises(Exception, match="names no actor"):
            Cohort.objects.filter(pk=cohort.pk).update(seats_total=5)

    def test_several_clauses_of_one_batch_are_entries_of_their_own(self, cohort):
        from licensing import ending

        ids = [licensed().pk, licensed().pk, licensed().pk]
        clauses = dict(zip(ids, ["5.i", "5.ii", "5.i"], strict=True))
        with acting(by=SYSTEM, now=NOW):
            ending.end(cohort, clauses, "revoked", now=NOW)

        ended = ledger.of(cohort).order_by("sequence")[4:]
        assert [(e.clause, e.data["held_change"], e.data["held"]) for e in ended] == [
            ("5.i", -2, 1),
            ("5.ii", -1, 0),
        ]

    def test_the_chart_shows_the_balance_of_each_day(self, browser, cohort, clock):
        licensed()
        clock.move_to(NOW + timedelta(days=2))
        licensed(
            approved(submitted(now=NOW + timedelta(days=2)), now=NOW + timedelta(days=2)),
            now=NOW + timedelta(days=2),
        )

        page = browser.get(reverse("hec_ledger", args=[cohort.pk]))

        assert page.context["chart"].rows == [
            ("10 Jan 2023", "1", "18,000"),
            ("12 Jan 2023", "2", "18,000"),
        ]
        assert "<svg" in page.content.decode()


class TestAllocation:
    def test_says_who_was_served_in_which_order(self, browser):
        later = submitted(now=NOW + timedelta(minutes=2))
        first = submitted(now=NOW + timedelta(minutes=1))
        for application in (later, first):
            approved(application, now=NOW + timedelta(hours=1))
        licensed(first, now=NOW + timedelta(hours=1))
        run = Allocation.objects.get()

        page = browser.get(reverse("hec_allocation", args=[run.pk]))

        assert [place.reference for place in page.context["page"].rows] == [
            first.reference,
            later.reference,
        ]
        file = lines(browser.get(reverse("hec_allocation", args=[run.pk]), {"format": "csv"}))
        assert [row["License"] for row in file] == list(
            License.objects.order_by("id").values_list("reference", flat=True)
        )
