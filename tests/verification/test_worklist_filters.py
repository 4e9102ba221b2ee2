"""Filters, counts and files of the queue and of what was decided; the numbers of a university."""

import csv
import io
from datetime import timedelta

import pytest
from django.urls import reverse

from applications.models import Application
from tests.factories import (
    NOW,
    FocalPersonFactory,
    HecFactory,
    UserFactory,
    approved,
    submitted,
)
from verification import decisions, queue, worklist

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]
HOUR = timedelta(hours=1)


@pytest.fixture
def focal():
    return FocalPersonFactory()


@pytest.fixture
def browser(sign_in, focal):
    return sign_in(focal.person)


def counted(page, name):
    """The choices of a filter as they are shown: words → count."""
    shown = next(one for one in page.context["filters"] if one.name == name)
    return {choice.text: choice.count for choice in shown.choices}


def rows_of(response):
    text = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


class TestQueue:
    @pytest.fixture
    def address(self, focal):
        return reverse("queue", args=[focal.university_id])

    @pytest.fixture
    def mixed(self, focal, clock):
        """Two students and a lecturer, one student overdue; the lecturer's was opened."""
        late = submitted(university=focal.university, now=NOW - 30 * HOUR)
        student = submitted(university=focal.university, now=NOW)
        faculty = submitted(university=focal.university, now=NOW, category="faculty")
        queue.open_application(faculty, by=focal.person, now=NOW)
        return late, student, faculty

    def test_a_choice_counts_what_it_would_leave_beside_the_others(self, browser, address, mixed):
        page = browser.get(address)
        assert counted(page, "category") == {"All": 3, "Student": 2, "Faculty member": 1}
        assert counted(page, "seen") == {"All": 3, "Not yet": 2, "Opened, not decided": 1}

        page = browser.get(address, {"category": "student"})
        assert {row.category for row in page.context["page"].rows} == {"student"}
        assert [tab["count"] for tab in page.context["tabs"]] == [2, 1, 0, 1, 0]
        assert counted(page, "category") == {"All": 3, "Student": 2, "Faculty member": 1}
        assert "2 applications found" in page.content.decode()

    def test_filters_add_up_and_stand_in_the_address(self, browser, address, mixed):
        late, student, faculty = mixed
        page = browser.get(address, {"category": "student", "group": "overdue", "q": "person"})
        assert [row.pk for row in page.context["page"].rows] == [late.pk]
        links = [tab["url"] for tab in page.context["tabs"]]
        assert all("category=student" in link and "q=person" in link for link in links)
        assert page.context["keep"][:2] == [
            {"name": "group", "value": "overdue"},
            {"name": "category", "value": "student"},
        ]
        seen = browser.get(address, {"seen": "yes"}).context["page"].rows
        assert [row.pk for row in seen] == [faculty.pk]

    def test_what_is_no_choice_is_no_filter(self, browser, address, mixed):
        page = browser.get(address, {"category": "x", "group": "9", "priority": "P", "seen": "1"})
        assert len(page.context["page"].rows) == 3

    @pytest.mark.parametrize("words", ["AB-1234567", "ab1234567", "۳۵۲۰۱-۹۹۹۹۹۹۹-۹"])
    def test_search_by_passport_and_in_urdu_digits(self, browser, focal, address, words):
        submitted(university=focal.university)
        given = (
            {"identity_number": "3520199999999"}
            if words.startswith("۳")
            else {"identity_kind": "passport", "identity_number": "AB1234567"}
        )
        wanted = submitted(UserFactory(**given), focal.university)
        found = browser.get(address, {"q": words}).context["page"].rows
        assert [row.pk for row in found] == [wanted.pk]

    def test_who_is_next_is_said_with_the_reason(self, browser, focal, address, clock):
        # Given the first one asked, the second open at a colleague
        asked = submitted(university=focal.university, now=NOW - 3 * HOUR)
        elsewhere = submitted(university=focal.university, now=NOW - 2 * HOUR)
        third = submitted(university=focal.university, now=NOW - HOUR)
        decisions.ask(asked, text="Which semester?", by=focal.person, now=NOW)
        other = FocalPersonFactory(university=focal.university).person
        queue.open_application(elsewhere, by=other, now=NOW)

        # Then the third is next, and why is told
        page = browser.get(address)
        text = page.content.decode()
        assert page.context["first"] == third
        assert page.context["set_aside"] == queue.SetAside(asked=1, open_elsewhere=1)
        assert "1 before it waits for its applicant" in text
        assert "1 before it is open at somebody else" in text
        assert "clause 4.1.k" in text

    def test_when_all_is_open_at_others_it_says_so(self, browser, focal, address):
        application = submitted(university=focal.university)
        other = FocalPersonFactory(university=focal.university).person
        queue.open_application(application, by=other, now=NOW)
        text = browser.get(address).content.decode()
        assert "Nothing is in turn for you now" in text
        assert browser.get(reverse("next_in_turn", args=[focal.university_id])).url == address

    def test_the_file_holds_what_the_page_filters(self, browser, address, mixed):
        late, student, faculty = mixed
        response = browser.get(address, {"category": "student", "format": "csv"})
        assert response["Content-Type"] == "text/csv; charset=utf-8"
        assert [row["Reference"] for row in rows_of(response)] == [
            late.reference,
            student.reference,
        ]

    def test_no_cell_of_the_file_is_a_formula(self, browser, focal, address):
        submitted(UserFactory(full_name='=HYPERLINK("http://x","y")'), focal.university)
        (row,) = rows_of(browser.get(address, {"format": "csv"}))
        assert row["Applicant"] == '\'=HYPERLINK("http://x","y")'

    def test_the_file_is_of_ones_own_university(self, browser, address, mixed):
        foreign = submitted()
        assert foreign.reference not in str(rows_of(browser.get(address, {"format": "csv"})))
        theirs = reverse("queue", args=[foreign.university_id])
        assert browser.get(theirs, {"format": "csv"}).status_code == 404


class TestDecided:
    @pytest.fixture
    def address(self, focal):
        return reverse("decided", args=[focal.university_id])

    @pytest.fixture
    def three(self, focal):
        """One approved by oneself, one rejected by a colleague a day later, one by HEC on behalf."""
        mine = approved(submitted(university=focal.university), by=focal.person)
        colleague = FocalPersonFactory(university=focal.university).person
        theirs = submitted(university=focal.university, category="staff")
        decisions.reject(theirs, reason="Blurred", by=colleague, now=NOW + 24 * HOUR)
        behalf = submitted(university=focal.university)
        decisions.approve(behalf, note="Letter 17", by=HecFactory(), now=NOW + 48 * HOUR)
        return mine, theirs, behalf

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ({}, [2, 1, 0]),
            ({"outcome": "rejected"}, [1]),
            ({"by": "me"}, [0]),
            ({"by": "colleague"}, [1]),
            ({"by": "hec"}, [2]),
            ({"category": "staff"}, [1]),
            ({"since": "2023-01-11"}, [2, 1]),
            ({"until": "2023-01-11"}, [1, 0]),
            ({"since": "2023-01-11", "until": "2023-01-11"}, [1]),
            ({"since": "no day"}, [2, 1, 0]),
            ({"outcome": "approved", "by": "colleague"}, []),
        ],
    )
    def test_filters(self, browser, address, three, query, expected):
        page = browser.get(address, query)
        found = [row.application_id for row in page.context["page"].rows]
        assert found == [three[number].pk for number in expected]
        file = rows_of(browser.get(address, {**query, "format": "csv"}))
        assert [row["Reference"] for row in file] == [three[n].reference for n in expected]

    def test_days_that_are_none_are_said(self, browser, address, three):
        page = browser.get(address, {"since": "2023-02-02", "until": "2023-01-01"})
        assert "The last day is before the first day" in page.content.decode()


def test_group_by_group_the_rows_are_those_that_are_grouped_together(focal):
    # Given one of each group, and one submitted at the moment from which on it is due tomorrow
    midnight = NOW.replace(hour=0)
    for moment in (NOW - 30 * HOUR, NOW - 10 * HOUR, midnight, NOW):
        submitted(university=focal.university, now=moment)
    asked = submitted(university=focal.university, now=NOW - 40 * HOUR)
    decisions.ask(asked, text="?", by=focal.person, now=NOW)

    mine = Application.objects.at(focal.university)
    together = dict(worklist.grouped(mine, NOW).values_list("pk", "group"))

    apart = [dict(part.values_list("pk", "group")) for part in worklist.parts(mine, NOW)]
    assert [set(part.values()) for part in apart] == [{0}, {1}, {2}, {3}]
    assert {pk: group for part in apart for pk, group in part.items()} == together


class TestNumbers:
    @pytest.fixture
    def address(self, focal):
        return reverse("numbers", args=[focal.university_id])

    def test_an_empty_university_says_so(self, browser, address):
        assert "Nothing is decided here yet" in browser.get(address).content.decode()

    def test_in_time_median_weeks_and_reasons(self, browser, focal, address, clock):
        # Given decisions after 1, 24 and 30 hours, the last two weeks later, and one open
        by = focal.person
        decisions.approve(submitted(university=focal.university), by=by, now=NOW + HOUR)
        later = NOW + timedelta(days=14)
        for hours in (24, 30):
            rejected = submitted(university=focal.university, now=later - hours * HOUR)
            decisions.reject(rejected, reason="Blurred", by=by, now=later)
        submitted(university=focal.university, now=later - 48 * HOUR)
        clock.move_to(later)

        page = browser.get(address)
        numbers = page.context["numbers"]

        # Then exactly 24 hours is in time, the middle one is the median, the week between is empty
        assert (numbers.left.to_decide, numbers.left.overdue) == (1, 1)
        assert (numbers.total.all, numbers.total.in_time, numbers.total.percent_in_time) == (
            3,
            2,
            66,
        )
        assert numbers.total.median_hours == 24
        assert [(week.monday.day, week.decided.all) for week in numbers.weeks] == [
            (9, 1),
            (16, 0),
            (23, 2),
        ]
        assert numbers.reasons == [("Blurred", 2)]
        assert page.content.decode().count("<svg") >= 2
        file = rows_of(browser.get(address, {"format": "csv"}))
        assert [row["Decided"] for row in file] == ["1", "0", "2"]
        assert [row["Median hours"] for row in file] == ["1.0", "", "27.0"]

    def test_nothing_of_other_universities_counts(self, browser, focal, address):
        approved()
        assert browser.get(address).context["numbers"].total.all == 0


@pytest.mark.parametrize("name", ["queue", "decided", "numbers"])
def test_hec_finds_its_way_between_the_pages_of_a_university(sign_in, focal, name):
    page = sign_in(HecFactory()).get(reverse(name, args=[focal.university_id])).content.decode()
    for other in ("queue", "decided", "numbers", "hec_university"):
        assert reverse(other, args=[focal.university_id]) in page
