"""The focal person's queue: groups, turns, search, pages, and who else is looking."""

from datetime import timedelta

import pytest
from django.urls import reverse

from tests.factories import (
    NOW,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
    submitted,
)
from verification import decisions, queue

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]


@pytest.fixture
def focal():
    return FocalPersonFactory()


@pytest.fixture
def browser(sign_in, focal):
    return sign_in(focal.person)


def url(focal):
    return reverse("queue", args=[focal.university_id])


def test_groups_and_counts_in_turn(browser, focal, clock):
    # Given two overdue applications, one due today, one due tomorrow and one that waits for an answer
    days = [NOW - timedelta(days=2), NOW - timedelta(days=3), NOW - timedelta(hours=12), NOW]
    names = ["Second", "First", "Today", "Tomorrow"]
    for at, name in zip(days, names, strict=True):
        clock.move_to(at)
        submitted(UserFactory(full_name=name), focal.university, now=at)
    asked = submitted(UserFactory(full_name="Asked"), focal.university, now=NOW)
    decisions.ask(asked, text="Which semester?", by=focal.person, now=NOW)
    clock.move_to(NOW)

    # When the focal person opens the queue
    page = browser.get(url(focal))

    # Then each group has its own in turn, and the counts say how many
    shown = {
        group["name"]: [item.application.person.full_name for item in group["items"]]
        for group in page.context["groups"]
    }
    assert shown == {
        "overdue": ["First", "Second"],
        "due-today": ["Today"],
        "later": ["Tomorrow"],
        "asked": ["Asked"],
    }
    assert [tab["count"] for tab in page.context["tabs"]] == [5, 2, 1, 1, 1]
    assert "4 applications to decide" in page.content.decode()
    assert page.context["first"].person.full_name == "First"


def test_exactly_24_hours_is_not_overdue(browser, focal, clock):
    """R12: exactly 24 hours is not overdue, a second more is."""
    submitted(university=focal.university)
    clock.move_to(NOW + timedelta(hours=24))
    assert browser.get(url(focal)).context["groups"][0]["name"] == "due-today"
    clock.move_to(NOW + timedelta(hours=24, seconds=1))
    page = browser.get(url(focal))
    assert page.context["groups"][0]["name"] == "overdue"
    assert page.context["groups"][0]["items"][0].late


@pytest.mark.parametrize(
    "words", ["Zubaida", "zub", "35201-9999999-9", "352019999999", "zub@", "ref"]
)
def test_search_by_reference_name_cnic_and_address(browser, focal, words):
    person = UserFactory(
        full_name="Zubaida Bibi", identity_number="3520199999999", email="zub@example.pk"
    )
    wanted = submitted(person, focal.university)
    submitted(university=focal.university)

    words = wanted.reference.lower() if words == "ref" else words
    page = browser.get(url(focal), {"q": words})

    assert [row.pk for row in page.context["page"].rows] == [wanted.pk]


def test_a_group_can_be_chosen_in_the_address(browser, focal):
    submitted(university=focal.university)
    assert browser.get(url(focal), {"group": "later"}).context["page"].rows
    page = browser.get(url(focal), {"group": "overdue"})
    assert page.context["page"].rows == []
    assert "Nothing matches" in page.content.decode()


def test_pages_of_25_lead_forth_and_back(browser, focal):
    # Given 60 applications, some at the same instant
    for number in range(60):
        submitted(university=focal.university, now=NOW - timedelta(minutes=number // 3))

    # When all pages are followed
    seen, address, sizes = [], url(focal), []
    while address:
        page = browser.get(address).context["page"]
        seen += [row.pk for row in page.rows]
        sizes.append(len(page.rows))
        address = page.next and url(focal) + page.next

    # Then everybody was seen once, in turn, and the way back leads to the first page
    in_turn = [row.pk for row in queue.in_turn(focal.university)]
    assert seen == in_turn
    assert sizes == [25, 25, 10]
    second = browser.get(url(focal) + page.previous).context["page"]
    first = browser.get(url(focal) + second.previous).context["page"]
    assert [row.pk for row in first.rows] == in_turn[:25]
    assert first.previous == ""


@pytest.mark.parametrize("place", ["after=nonsense", "before=", "after=eyJ4Ijoy:1a:b"])
def test_a_made_up_place_shows_the_first_page(browser, focal, place):
    submitted(university=focal.university)
    page = browser.get(f"{url(focal)}?{place}")
    assert page.status_code == 200
    assert len(page.context["page"].rows) == 1


def test_who_else_is_looking(browser, focal, clock):
    application = submitted(university=focal.university)
    other = FocalPersonFactory(university=focal.university, person__full_name="Dr. Other")
    queue.open_application(application, by=other.person, now=NOW)

    assert "Dr. Other" in browser.get(url(focal)).content.decode()
    clock.move_to(NOW + timedelta(minutes=16))
    assert "Dr. Other" not in browser.get(url(focal)).content.decode()


def test_an_empty_queue_says_so(browser, focal):
    page = browser.get(url(focal)).content.decode()
    assert "0 applications to decide" in page
    assert "Everything is decided" in page


def test_decided_lists_the_latest_first(browser, focal):
    decided = reverse("decided", args=[focal.university_id])
    first = submitted(university=focal.university)
    decisions.approve(first, by=focal.person, now=NOW)
    later = NOW + timedelta(minutes=1)
    second = submitted(university=focal.university)
    decisions.reject(second, reason="Blurred", by=focal.person, now=later)
    page = browser.get(decided)
    assert [row.application_id for row in page.context["page"].rows] == [second.pk, first.pk]


class TestHome:
    def test_one_university_leads_to_its_queue(self, browser, focal):
        assert browser.get(reverse("admin_home")).url == url(focal)

    def test_several_are_to_choose_from(self, browser, focal):
        second = FocalPersonFactory(person=focal.person)
        page = browser.get(reverse("admin_home")).content.decode()
        assert url(focal) in page
        assert url(second) in page

    def test_hec_comes_to_the_console(self, sign_in):
        page = sign_in(HecFactory()).get(reverse("admin_home"))
        assert page.url == reverse("hec_home")

    @pytest.mark.parametrize(
        "ended",
        [
            {"until": NOW.date() - timedelta(days=1), "since": NOW.date() - timedelta(days=9)},
            {"suspended_at": NOW},
            {"since": NOW.date() + timedelta(days=1)},
        ],
    )
    def test_out_of_ones_period_there_is_nothing(self, sign_in, ended):
        former = FocalPersonFactory(**ended)
        client = sign_in(former.person)
        assert client.get(reverse("admin_home")).status_code == 404
        assert client.get(url(former)).status_code == 404

    def test_another_universitys_queue_does_not_exist(self, browser):
        foreign = UniversityFactory()
        assert browser.get(reverse("queue", args=[foreign.pk])).status_code == 404
        assert browser.get(reverse("decided", args=[foreign.pk])).status_code == 404
