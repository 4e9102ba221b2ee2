"""The public page: what is left, how long a university takes, and nothing of anybody (R12, R13)."""

from datetime import timedelta

import pytest
from django.test import Client

from tests.factories import NOW, FocalPersonFactory, UniversityFactory, licensed, submitted
from verification import decisions

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]
HOUR = timedelta(hours=1)


def decided(university, *hours: int) -> None:  # type: ignore[no-untyped-def]
    """Applications to the university that were decided after so many hours each, until now."""
    focal_person = FocalPersonFactory(university=university, since=(NOW - 9 * HOUR).date()).person
    for number in hours:
        application = submitted(university=university, now=NOW - number * HOUR)
        decisions.reject(application, reason="Not readable.", by=focal_person, now=NOW)


def page(client: Client, query: str = "") -> str:
    answer = client.get(f"/numbers/{query}")
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_it_says_what_is_left_and_where_to_apply(client: Client) -> None:
    licensed()

    body = page(client)

    assert "<strong>17,999</strong> of 18,000 licenses are left" in body
    assert "Applications are open until Wednesday 12 July 2023" in body
    assert "Applications open on Thursday 13 July 2023" in body
    assert 'href="/can-i-apply/"' in body


def test_a_university_takes_as_long_as_half_of_its_decisions(client: Client) -> None:
    decided(UniversityFactory(name="Quick University"), 1, 2, 3, 40, 50)

    body = page(client)

    assert "Quick University" in body
    assert "3 hours" in body


def test_of_few_decisions_nothing_is_said(client: Client) -> None:
    """Four are few enough to know whose they were."""
    decided(UniversityFactory(name="Small University"), 7, 7, 7, 7)

    body = page(client)

    assert "fewer than 5" in body
    assert "7 hours" not in body


def test_universities_with_a_figure_come_first(client: Client) -> None:
    UniversityFactory(name="Abasyn University")
    decided(UniversityFactory(name="Quick University"), 1, 2, 3, 40, 50)

    body = page(client)

    assert body.index("Quick University") < body.index("Abasyn University")


def test_it_is_searched_by_words_of_name_and_city(client: Client) -> None:
    UniversityFactory(name="University of Peshawar", city="Peshawar")
    UniversityFactory(name="Forman Christian College", city="Lahore")

    body = page(client, "?q=college+LAHORE")

    assert "Forman Christian College" in body
    assert "University of Peshawar" not in body
    assert "1 university." in body


def test_it_names_nobody(client: Client) -> None:
    application = submitted()

    body = page(client)

    for marker in (application.person.full_name, application.person.email, application.reference):
        assert marker not in body


def test_it_is_counted_once_however_many_look(client: Client, django_assert_num_queries) -> None:  # type: ignore[no-untyped-def]
    page(client)
    with django_assert_num_queries(0):
        page(client)


def test_the_next_page_of_a_search_keeps_its_words(client: Client) -> None:
    for number in range(30):
        UniversityFactory(name=f"College {number:02} & Co")

    body = page(client, "?q=college+%26")
    after = page(client, "?q=college+%26&page=2")

    assert "?q=college+%26&amp;page=2" in body
    assert "College 24 " in body
    assert "College 25 " not in body
    assert "College 29 " in after
