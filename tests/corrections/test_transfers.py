"""An application filed at the wrong university goes to its own, with its time and class (R10, I9)."""

from datetime import timedelta

import pytest
from django.urls import reverse

from applications import explanations, submission
from applications.models import Application, University
from dlsei import audit, outbox
from dlsei.models import Event, User
from dlsei.policy.refusals import Refused
from tests.factories import (
    NOW,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
    submitted,
)
from verification import decisions, queue, reminders
from verification.models import Sighting
from verification.transfers import transfer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]

HOUR = timedelta(hours=1)
NOTE = "The card is of the other university."


@pytest.fixture
def hec() -> User:
    return HecFactory()


@pytest.fixture
def there() -> University:
    return UniversityFactory(name="University of Sindh")


@pytest.fixture
def application() -> Application:
    return submitted(university=FocalPersonFactory().university, now=NOW + HOUR)


def code_of(write) -> str:
    with pytest.raises(Refused) as refused:
        write()
    return refused.value.refusal.code


def test_it_keeps_its_time_and_takes_its_place_in_the_other_queue(hec, there, application):
    before, after = (submitted(university=there, now=NOW + n * HOUR) for n in (0, 2))
    kept = (application.submitted_at, application.priority, application.cohort)

    transfer(application, there, note=NOTE, by=hec, now=NOW + 3 * HOUR)

    application.refresh_from_db()
    assert list(queue.in_turn(there)) == [before, application, after]
    assert (application.submitted_at, application.priority, application.cohort) == kept
    assert application.is_pending
    outbox.deliver(by="tests", now=NOW + 3 * HOUR)
    assert list(audit.breaches(NOW + 3 * HOUR)) == []


def test_the_former_university_loses_it_at_once_and_the_other_has_it(
    hec, there, application, sign_in
):
    former = sign_in(application.university.focal_persons.get().person)
    theirs = FocalPersonFactory(university=there)
    now_theirs = sign_in(theirs.person)
    addresses = [
        reverse("review", args=[application.reference]),
        reverse("document", args=[application.documents.get().public_id]),
    ]
    assert [former.get(a).status_code for a in addresses] == [200, 200]
    assert [now_theirs.get(a).status_code for a in addresses] == [404, 404]

    transfer(application, there, note=NOTE, by=hec, now=NOW + 2 * HOUR)

    assert [former.get(a).status_code for a in addresses] == [404, 404]
    assert [now_theirs.get(a).status_code for a in addresses] == [200, 200]
    assert former.post(reverse("approve", args=[application.reference])).status_code == 404
    application.refresh_from_db()
    decisions.approve(application, by=theirs.person, now=NOW + 2 * HOUR)


def test_who_had_the_page_open_decides_nothing_any_more(hec, there, application):
    focal = application.university.focal_persons.get().person
    stale = Application.objects.select_related("university", "person").get(pk=application.pk)
    transfer(application, there, note=NOTE, by=hec, now=NOW + 2 * HOUR)

    assert code_of(lambda: decisions.approve(stale, by=focal, now=NOW + 2 * HOUR)) == "not-yours"


def test_what_was_on_a_former_screen_keeps_nobody_away(hec, there, application):
    former = application.university.focal_persons.get().person
    queue.open_application(application, by=former, now=NOW + HOUR)
    theirs = FocalPersonFactory(university=there).person
    transfer(application, there, note=NOTE, by=hec, now=NOW + HOUR)
    later = submitted(university=there, now=NOW + 2 * HOUR)

    assert queue.next_in_turn(there, by=theirs, now=NOW + HOUR) == application
    assert queue.ahead(later, by=theirs, now=NOW + HOUR) == application
    assert Sighting.objects.get().first_seen_at == NOW + HOUR, "who saw it first stays known (R8)"


def test_what_the_former_university_asked_is_closed(hec, there, application):
    focal = application.university.focal_persons.get().person
    decisions.ask(application, text="Which semester?", by=focal, now=NOW + HOUR)

    transfer(application, there, note=NOTE, by=hec, now=NOW + 2 * HOUR)

    assert not application.questions.open().exists()
    assert list(queue.in_turn(there).exclude(queue.asked())) == [application]


def test_the_applicant_is_told_and_both_stories_tell_it(hec, there, application, sign_in):
    former = str(application.university)
    transfer(application, there, note=NOTE, by=hec, now=NOW + 2 * HOUR)
    application.refresh_from_db()

    letter = application.person.mails.get(kind="application-transferred")
    assert (letter.values["university_from"], letter.values["university"]) == (former, there.name)
    assert NOTE not in str(letter.values)
    (entry,) = (
        e for e in explanations.entries(application, application.person) if there.name in e.title
    )
    assert entry.text == ""
    page = sign_in(hec).get(reverse("hec_application", args=[application.reference]))
    assert NOTE in page.content.decode()
    assert f"Moved from {former} to {there.name}" in page.content.decode()
    event = Event.objects.filter(subject="transfer").get()
    assert (event.actor, event.data) == (hec, {"from": former, "to": there.name})


def test_overdue_there_is_reminded_there(hec, there, application):
    theirs = FocalPersonFactory(university=there)
    late = NOW + 30 * HOUR
    transfer(application, there, note=NOTE, by=hec, now=late)

    reminders.remind(by="tests", now=late)

    assert theirs.person.mails.filter(kind="queue-reminder").exists()


def test_what_is_no_transfer_is_refused_and_changes_nothing(hec, there, application):
    here = application.university
    hec_itself = UniversityFactory(name="HEC", is_hec=True)
    gone = UniversityFactory(recognized=False)
    own = submitted(HecFactory(), here)

    def tried(to, what=application, by=hec, note=NOTE):
        return code_of(lambda: transfer(what, to, note=note, by=by, now=NOW + HOUR))

    assert tried(here) == "transfer-nowhere"
    assert tried(hec_itself) == "transfer-not-possible"
    assert tried(gone) == "institution-not-recognized"
    assert tried(there, note=" ") == "note-missing"
    assert tried(there, by=here.focal_persons.get().person) == "not-yours"
    assert tried(there, by=application.person) == "not-yours"
    assert tried(there, what=own, by=own.person) == "not-yours"
    submission.withdraw(application, by=application.person, now=NOW + HOUR)
    assert tried(there) == "not-pending"
    assert application.transfers.count() == 0


def test_from_the_page(hec, there, application, sign_in):
    browser = sign_in(hec)
    page = reverse("hec_transfer", args=[application.reference])
    assert (
        page
        in browser.get(reverse("hec_application", args=[application.reference])).content.decode()
    )

    refused = browser.post(page, {"university": there.pk, "note": ""})
    done = browser.post(page, {"university": there.pk, "note": NOTE})

    assert "There is a problem" in refused.content.decode()
    assert done["Location"] == reverse("hec_application", args=[application.reference])
    application.refresh_from_db()
    assert application.university == there


@pytest.mark.parametrize("person", [UserFactory, lambda: FocalPersonFactory().person])
def test_for_nobody_else_is_there_a_page(application, sign_in, person):
    browser = sign_in(person())

    assert browser.get(reverse("hec_transfer", args=[application.reference])).status_code == 404
