"""Two people under one number: HEC lets it stay or moves it, and nobody loses time by the other's mistake (R6)."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from applications import disputes, submission
from applications.models import Application, Dispute, IdentityClaim
from dlsei import audit, outbox
from dlsei.models import Event, Mail, User
from dlsei.policy.refusals import Refused
from licensing import buckets
from tests.factories import (
    NOW,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
    approved,
    draft,
    licensed,
    submitted,
)
from verification import decisions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NUMBER, OTHER = "3520211111111", "3520222222222"
NOTE = "Both sent a copy of their card."


@pytest.fixture
def hec() -> User:
    return HecFactory()


@pytest.fixture
def first() -> Application:
    return submitted(UserFactory(identity_number=NUMBER, full_name="First of them"))


@pytest.fixture
def second(first: Application) -> Application:
    """A draft that could not be submitted an hour later, for the number was claimed."""
    university = UniversityFactory()
    person = UserFactory(identity_number=NUMBER, full_name="Second of them")
    return submission.submit(draft(person, university), by=person, now=NOW + HOUR)


def settle(move, hec, second, **more):
    return move(second.disputes.get(), note=NOTE, by=hec, now=NOW + DAY, **more)


def code_of(write) -> str:
    with pytest.raises(Refused) as refused:
        write()
    return refused.value.refusal.code


def told(person: User) -> dict[str, object]:
    return Mail.objects.get(person=person, kind="identity-checked").values


def dashboard_of(person: User) -> str:
    browser = Client()
    browser.force_login(person)
    return browser.get("/dashboard/").content.decode()


class TestItStays:
    def test_the_first_keeps_it_and_the_second_corrects_theirs(self, hec, first, second):
        settle(disputes.keep, hec, second)

        assert second.disputes.get().outcome == "kept"
        assert "found that it may not be yours" in dashboard_of(second.person)
        assert told(first.person)["theirs"] is True
        assert told(second.person) | {"theirs": False, "to_submit": False} == told(second.person)
        second.person.identity_number = OTHER
        second.person.save()
        assert "not submitted yet" in dashboard_of(second.person)
        done = submission.submit(second, by=second.person, now=NOW + 2 * DAY)
        assert (done.status, done.submitted_at) == ("pending", NOW + 2 * DAY)

    def test_neither_mail_names_the_other_or_the_number(self, hec, first, second):
        settle(disputes.keep, hec, second)

        said = str(list(Mail.objects.filter(kind="identity-checked").values_list("values")))
        for person, other in ((first.person, second.person), (second.person, first.person)):
            values = str(told(person))
            assert other.full_name not in values
            assert other.email not in values
        assert NUMBER not in said


class TestItMoves:
    def test_the_second_submits_as_of_the_first_try(self, hec, first, second):
        between = submitted(university=second.university, now=NOW + 2 * HOUR)

        settle(disputes.move, hec, second, holder_number=OTHER)
        counts_from = "counts from Tuesday 10 January 2023, 10:00 AM"
        assert counts_from in dashboard_of(second.person)
        done = submission.submit(second, by=second.person, now=NOW + DAY + HOUR)

        assert (done.status, done.submitted_at) == ("pending", NOW + HOUR)
        assert list(Application.objects.at(second.university).pending().in_turn()) == [
            done,
            between,
        ]
        event = Event.objects.about(done).last()
        assert (event.to_state, event.at) == ("pending", NOW + DAY + HOUR)

    def test_the_first_goes_on_under_their_own_number(self, hec, first, second):
        license = licensed(approved(first))

        settle(disputes.move, hec, second, holder_number=OTHER)

        first.refresh_from_db()
        first.person.refresh_from_db()
        assert first.identity_id == first.person.identity == f"cnic:{OTHER}"
        license.refresh_from_db()
        assert license.is_live
        assert IdentityClaim.objects.get(pk=f"cnic:{NUMBER}").person == second.person
        outbox.deliver(by="tests", now=NOW + DAY)
        assert list(audit.breaches(NOW + DAY)) == []

    def test_without_a_number_of_the_first_nothing_of_theirs_may_be_open(self, hec, first, second):
        assert code_of(lambda: settle(disputes.move, hec, second)) == "holder-still-has"
        second.refresh_from_db()
        assert second.disputes.get().settled_at is None

        focal = FocalPersonFactory(university=first.university).person
        decisions.reject(first, reason="Not your card.", by=focal, now=NOW + HOUR)
        settle(disputes.move, hec, second)

        first.person.refresh_from_db()
        assert first.person.identity_number == ""
        assert told(first.person)["number_missing"] is True
        assert told(second.person)["to_submit"] is True

    def test_who_lost_the_number_gives_another_before_applying_again(
        self, hec, first, second, sign_in
    ):
        submission.withdraw(first, by=first.person, now=NOW + HOUR)
        settle(disputes.move, hec, second)
        again = draft(first.person, first.university)
        browser = sign_in(first.person)

        browser.post(reverse("apply_check"), {"declared": "on"})
        again.refresh_from_db()
        assert again.is_draft
        account = browser.get(reverse("account"))
        assert not account.context["form"].fields["identity_number"].disabled
        answers = {
            "full_name": first.person.full_name,
            "identity_kind": "cnic",
            "identity_number": OTHER,
            "language": "en",
        }
        browser.post(reverse("account"), answers)

        done = submission.submit(again, by=User.objects.get(pk=first.person_id), now=NOW + DAY)
        assert done.identity_id == f"cnic:{OTHER}"

    def test_the_first_try_counts_though_intake_has_closed(self, hec, first, second, monkeypatch):
        settle(disputes.move, hec, second, holder_number=OTHER)
        bucket = buckets.bucket
        closed = lambda cohort, today: _closed(bucket(cohort, today))  # noqa: E731
        monkeypatch.setattr(buckets, "bucket", closed)
        late = draft(UserFactory(), second.university)

        assert code_of(lambda: submission.submit(late, by=late.person, now=NOW + DAY)) == (
            "intake-closed"
        )
        assert submission.submit(second, by=second.person, now=NOW + DAY).is_pending

    def test_in_a_later_cohort_it_waits_for_the_intake_as_everybody_does(self, hec, first, second):
        settle(disputes.move, hec, second, holder_number=OTHER)
        later = NOW.replace(month=8, day=20)

        done = submission.submit(second, by=second.person, now=later)

        assert (done.cohort.name, done.priority) == ("Cohort II", 3)
        assert not disputes.is_admitted(NOW + HOUR, done.cohort)

    @pytest.mark.parametrize(
        ("number", "code"), [(NUMBER, "number-the-same"), ("3520233333333", "number-taken")]
    )
    def test_a_number_that_cannot_be_the_firsts_changes_nothing(
        self, hec, first, second, number, code
    ):
        submitted(UserFactory(identity_number="3520233333333"))

        assert code_of(lambda: settle(disputes.move, hec, second, holder_number=number)) == code
        first.refresh_from_db()
        assert first.identity_id == f"cnic:{NUMBER}"

    def test_a_number_that_the_second_gave_up_meanwhile_stays(self, hec, first, second):
        second.person.identity_number = OTHER
        second.person.save()

        assert code_of(lambda: settle(disputes.move, hec, second)) == "number-not-claimed"
        settle(disputes.keep, hec, second)

    def test_twice_is_once(self, hec, first, second):
        settle(disputes.move, hec, second, holder_number=OTHER)
        settle(disputes.keep, hec, second)

        assert second.disputes.get().outcome == "moved"
        assert Mail.objects.filter(kind="identity-checked").count() == 2
        assert list(
            Event.objects.about(second.disputes.get()).values_list("to_state", "actor")
        ) == [("raised", second.person_id), ("moved", hec.pk)]


def _closed(bucket):
    from dataclasses import replace

    return replace(bucket, intake_open=False)


@pytest.mark.parametrize("verb", [disputes.keep, disputes.move])
def test_hec_alone_settles_with_a_note(first, second, verb):
    dispute = second.disputes.get()
    for by in (first.person, second.person, FocalPersonFactory().person):
        assert code_of(lambda by=by: verb(dispute, note=NOTE, by=by, now=NOW)) == "not-yours"
    assert code_of(lambda: verb(dispute, note=" ", by=HecFactory(), now=NOW)) == "note-missing"


class TestThePage:
    def test_shows_both_with_their_documents_while_it_is_open(self, hec, first, second, sign_in):
        browser, dispute = sign_in(hec), second.disputes.get()
        page = browser.get(reverse("hec_dispute", args=[dispute.pk])).content.decode()
        papers = [one.documents.get() for one in (first, second)]

        for person in (first.person, second.person):
            assert person.full_name in page
        for paper in papers:
            address = reverse("document", args=[paper.public_id])
            assert address in page
            assert browser.get(address).status_code == 200

        browser.post(
            reverse("hec_dispute", args=[dispute.pk]),
            {"outcome": "moved", "holder_number": OTHER, "note": NOTE},
        )
        assert Dispute.objects.get().outcome == "moved"
        # A draft in dispute no longer is nobody's but its applicant's again (4.1.d).
        draft_of = reverse("document", args=[papers[1].public_id])
        assert browser.get(draft_of).status_code == 404
        settled = browser.get(reverse("hec_disputes") + "?list=settled").content.decode()
        assert NOTE in settled

    def test_a_focal_person_never_sees_the_draft(self, first, second, sign_in):
        focal = FocalPersonFactory(university=second.university).person
        address = reverse("document", args=[second.documents.get().public_id])

        assert sign_in(focal).get(address).status_code == 404

    def test_a_refusal_keeps_what_was_typed(self, hec, first, second, sign_in):
        page = sign_in(hec).post(
            reverse("hec_dispute", args=[second.disputes.get().pk]),
            {"outcome": "moved", "holder_number": "12", "note": NOTE},
        )

        assert NOTE in page.content.decode()
        assert "A CNIC has 13 digits" in page.content.decode()
