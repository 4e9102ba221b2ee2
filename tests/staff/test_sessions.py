"""Access ends at once, on every device; a nomination is good from its first day to the end of its last (I9)."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from dlsei.history import acting
from dlsei.models import Event, User
from dlsei.policy.refusals import Refused
from tests.factories import (
    NOW,
    PASSWORD,
    FocalPersonFactory,
    HecFactory,
    UserFactory,
    submitted,
)
from verification import decisions, focal_persons, hec_staff, staff_invitations
from verification.models import FocalPerson

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]


def signed_in(person: User) -> Client:
    """A browser of this person, by the real way in."""
    browser = Client()
    browser.post("/accounts/login/", {"login": person.email, "password": PASSWORD})
    return browser


def is_signed_in(browser: Client) -> bool:
    return browser.get("/account/").status_code == 200


@pytest.fixture(autouse=True)
def without_second_factor(settings) -> None:
    settings.SECOND_FACTOR_REQUIRED = False


@pytest.fixture
def focal() -> FocalPerson:
    return FocalPersonFactory()


def suspended(focal: FocalPerson) -> None:
    focal_persons.suspend(focal, by=HecFactory(), now=NOW)


def replaced(focal: FocalPerson) -> None:
    staff_invitations.replace(focal, "next@uop.example", "Next", by=HecFactory(), now=NOW)


@pytest.mark.parametrize("happens", [suspended, replaced])
def test_two_live_browsers_end_at_once(focal: FocalPerson, happens) -> None:
    application = submitted(university=focal.university)
    browsers = [signed_in(focal.person) for _ in range(2)]
    queue = reverse("queue", args=[focal.university_id])
    assert all(browser.get(queue).status_code == 200 for browser in browsers)
    colleague = signed_in(FocalPersonFactory(university=focal.university).person)

    happens(focal)

    approve = reverse("approve", args=[application.reference])
    assert all(browser.post(approve).status_code == 302 for browser in browsers)
    assert not any(is_signed_in(browser) for browser in browsers)
    assert not Event.objects.about(application).filter(to_state="approved").exists()
    assert is_signed_in(colleague), "nobody else's"
    again = signed_in(focal.person)
    assert again.get(queue).status_code == 404
    assert is_signed_in(again), "they stay who they are: an applicant perhaps"
    said = "suspended" if happens is suspended else "nomination has ended"
    assert said in again.get("/home/", follow=True).content.decode(), "and are told why"


def test_who_decided_once_and_applied_since_finds_their_application(focal: FocalPerson) -> None:
    suspended(focal)
    submitted(focal.person)

    assert signed_in(focal.person).get("/home/").url == "/dashboard/"


def test_a_nomination_that_begins_later_has_not_ended(clock) -> None:
    later = FocalPersonFactory(since=NOW.date() + timedelta(days=3))

    page = signed_in(later.person).get("/admin/").content.decode()

    assert "nomination" not in page


def test_sessions_would_go_on_without_it(focal: FocalPerson, monkeypatch) -> None:
    """Control: it is the guard that ends them."""
    monkeypatch.setattr(focal_persons, "_sign_out", lambda focal_person: None)
    browser = signed_in(focal.person)

    suspended(focal)

    assert is_signed_in(browser)


def test_an_officer_is_suspended_and_reinstated() -> None:
    hec, officer = HecFactory(), HecFactory()
    browsers = [signed_in(officer) for _ in range(2)]
    assert all(browser.get("/admin/hec/").status_code == 200 for browser in browsers)
    desk = signed_in(hec)

    desk.post(reverse("hec_staff_suspend", args=[officer.pk]))

    assert not any(is_signed_in(browser) for browser in browsers)
    told = signed_in(officer).get("/admin/hec/")
    assert told.status_code == 404
    assert "Your access is suspended" in told.content.decode()
    assert "is suspended and signed out." in desk.get("/admin/hec/staff/").content.decode()
    assert is_signed_in(desk)
    desk.post(reverse("hec_staff_suspend", args=[officer.pk]))
    assert signed_in(officer).get("/admin/hec/").status_code == 200
    events = Event.objects.about(officer).values_list("to_state", "actor")
    assert list(events)[1:] == [("suspended", hec.pk), ("appointed", hec.pk)]


def test_nobody_suspends_themselves_and_nobody_else_may() -> None:
    hec, focal = HecFactory(), FocalPersonFactory()

    with pytest.raises(Refused, match="not-allowed"):
        hec_staff.suspend(hec, by=hec, now=NOW)
    for verb in (hec_staff.suspend, hec_staff.resume, hec_staff.appoint):
        with pytest.raises(Refused, match="not-yours"):
            verb(hec, by=focal.person, now=NOW)
    signed_in(hec).post(reverse("hec_staff_suspend", args=[hec.pk]))
    hec.refresh_from_db()
    assert hec.is_hec


def test_another_password_ends_every_other_session(focal: FocalPerson) -> None:
    browsers = [signed_in(focal.person) for _ in range(2)]
    first, second = browsers
    first.post("/accounts/reauthenticate/", {"password": PASSWORD})

    first.post(
        "/accounts/password/change/",
        {
            "oldpassword": PASSWORD,
            "password1": "quite another passphrase",
            "password2": "quite another passphrase",
        },
    )

    focal.person.refresh_from_db()
    assert focal.person.check_password("quite another passphrase")
    assert not is_signed_in(second)


@pytest.mark.parametrize("role", ["is_hec", "is_staff", "is_superuser"])
def test_another_role_ends_every_session(role: str) -> None:
    person = UserFactory()
    browser = signed_in(person)
    assert is_signed_in(browser)

    setattr(person, role, True)
    with acting(by="tests", now=NOW):
        person.save()

    assert not is_signed_in(browser)


def test_an_account_that_is_closed_ends_too() -> None:
    person = UserFactory()
    browser = signed_in(person)

    User.objects.filter(pk=person.pk).update(is_active=False)

    assert not is_signed_in(browser)


KARACHI, UTC = ZoneInfo("Asia/Karachi"), ZoneInfo("UTC")


@pytest.mark.parametrize(
    ("moment", "in_force"),
    [
        pytest.param(datetime(2023, 1, 11, 23, 59, 59, tzinfo=KARACHI), False, id="the day before"),
        pytest.param(datetime(2023, 1, 12, 0, 0, tzinfo=KARACHI), True, id="first moment"),
        pytest.param(datetime(2023, 1, 11, 19, 0, tzinfo=UTC), True, id="the same, in UTC"),
        pytest.param(datetime(2023, 1, 20, 23, 59, 59, tzinfo=KARACHI), True, id="last moment"),
        pytest.param(datetime(2023, 1, 21, 0, 0, tzinfo=KARACHI), False, id="the day after"),
        pytest.param(datetime(2023, 1, 20, 19, 0, tzinfo=UTC), False, id="the same, in UTC again"),
    ],
)
def test_a_period_is_days_in_karachi(moment: datetime, in_force: bool, clock, sign_in) -> None:
    focal = FocalPersonFactory(since=date(2023, 1, 12), until=date(2023, 1, 20))
    application = submitted(university=focal.university)
    clock.move_to(moment)
    browser = sign_in(focal.person)

    queue = browser.get(reverse("queue", args=[focal.university_id]))
    review = browser.get(reverse("review", args=[application.reference]))
    document = browser.get(reverse("document", args=[application.documents.get().public_id]))

    assert {r.status_code for r in (queue, review, document)} == {200 if in_force else 404}
    if not in_force:
        with pytest.raises(Refused, match="not-yours"):
            decisions.approve(application, by=focal.person, now=moment)


def test_changes_of_a_nomination_are_told_in_the_history(focal: FocalPerson) -> None:
    hec = HecFactory()
    focal_persons.suspend(focal, by=hec, now=NOW)
    focal_persons.resume(focal, by=hec, now=NOW)
    focal_persons.end(focal, date(2023, 2, 1), by=hec, now=NOW)
    staff_invitations.replace(focal, "next@uop.example", "Next", by=hec, now=NOW)

    events = list(Event.objects.about(focal))

    assert [(e.from_state, e.to_state) for e in events] == [
        ("", "nominated"),
        ("nominated", "suspended"),
        ("suspended", "nominated"),
        ("nominated", "nominated"),
        ("nominated", "replaced"),
    ]
    assert {e.actor for e in events[1:]} == {hec}
    assert events[3].data["until"] == "2023-02-01"
    assert events[-1].data["until"] == "2023-01-10"
