"""HEC's pages of the bucket: the ledger, allocations, dates, more seats."""

import csv
from datetime import date, timedelta

import pytest
from django.urls import reverse

from dlsei.audit import breaches
from dlsei.history import acting
from dlsei.models import Event
from licensing import buckets, ledger, revocation
from licensing.models import Allocation, Cohort, License, Tranche
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

    def test_needs_as_many_queries_for_many_entries_as_for_one(
        self, browser, cohort, django_assert_max_num_queries
    ):
        address = reverse("hec_ledger", args=[cohort.pk])
        with django_assert_max_num_queries(12) as few:
            assert len(browser.get(address).context["page"].rows) == 1
        with acting(by=SYSTEM, now=NOW):
            for n in range(1, 50):
                Cohort.objects.filter(pk=cohort.pk).update(seats_total=n)
        with django_assert_max_num_queries(12) as many:
            assert len(browser.get(address).context["page"].rows) == 25
        assert len(many) <= len(few)


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

    def test_needs_as_many_queries_for_many_places_as_for_one(
        self, browser, django_assert_max_num_queries
    ):
        licensed()
        with django_assert_max_num_queries(12) as few:
            browser.get(reverse("hec_allocation", args=[Allocation.objects.get().pk]))
        for _ in range(4):
            last = approved()
        licensed(last)
        run = Allocation.objects.latest("id")
        assert run.served == 4
        with django_assert_max_num_queries(12) as many:
            browser.get(reverse("hec_allocation", args=[run.pk]))
        assert len(many) <= len(few)


class TestDates:
    def test_what_opens_when_is_said_by_clause(self, browser):
        page = browser.get(reverse("hec_cohorts")).content.decode()
        assert "Tuesday 14 February 2023" in page
        assert "2,000" in page
        assert "A.3, R19" in page

    def test_more_seats_are_first_looked_at_then_added(self, browser, cohort):
        address = reverse("hec_tranche_add", args=[cohort.pk])
        seats = {"size": "500", "available_from": "2023-03-01"}

        # When HEC looks
        page = browser.post(address, seats)

        # Then nothing is written yet
        assert Tranche.objects.filter(number__gte=Tranche.BY_HAND).count() == 0
        assert (date(2023, 3, 1), 20_000, 20_500) in page.context["preview"].capacities

        # When HEC confirms
        browser.post(address, seats | {"confirm": "1"})
        added = Tranche.objects.get(number=Tranche.BY_HAND)
        assert (added.size, added.opened_at) == (500, None)

    def test_seats_from_a_day_that_has_come_open_at_once(self, browser, cohort):
        address = reverse("hec_tranche_add", args=[cohort.pk])
        browser.post(address, {"size": "5", "available_from": "2023-01-10", "confirm": "1"})
        cohort.refresh_from_db()
        assert cohort.seats_total == 18_005
        assert Event.objects.filter(subject="bucket").latest("id").actor.full_name == "Sana of HEC"

    def test_seats_from_after_the_end_are_refused_and_nothing_typed_is_lost(self, browser, cohort):
        address = reverse("hec_tranche_add", args=[cohort.pk])
        page = browser.post(address, {"size": "5", "available_from": "2023-08-01", "confirm": "1"})
        assert "The cohort is over by then" in page.content.decode()
        assert 'value="5"' in page.content.decode()
        assert not Tranche.objects.filter(number__gte=Tranche.BY_HAND).exists()
