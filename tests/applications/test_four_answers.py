"""Every state in which a person can stand answers the four questions, in both languages (4.1.f).

Where am I, whose turn is it, by when, what can I do. A state that is not in the table below fails a test.
"""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.utils import translation
from django.utils.html import escape
from django.utils.text import slugify

from applications import closing, four_answers, queries, submission
from dlsei import history
from dlsei.models import User
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.states import LABELS, ApplicationState
from licensing import expiry, paid
from licensing.models import License
from tests.applications.test_dashboard import asked, invited, rejected, revoked, withdrawn
from tests.factories import (
    NOW,
    SYSTEM,
    HecFactory,
    UserFactory,
    activated,
    approved,
    draft,
    licensed,
    submitted,
)
from tests.rows import with_case

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]

AFTER_COHORT_I = datetime(2023, 8, 1, 0, 10, tzinfo=NOW.tzinfo)
AFTER_COHORT_II = datetime(2024, 2, 16, 0, 10, tzinfo=NOW.tzinfo)


def disputed():
    first = submitted()
    second = draft(UserFactory(identity_number=first.person.identity_number))
    return submission.submit(second, by=second.person, now=NOW)


def carried_over():
    application = submitted()
    closing.close_cohorts(by=SYSTEM, now=AFTER_COHORT_I)
    return application


def lapsed():
    application = submitted()
    closing.close_cohorts(by=SYSTEM, now=AFTER_COHORT_I)
    closing.close_cohorts(by=SYSTEM, now=AFTER_COHORT_II)
    return application


def looked_at():
    return with_case(activated(invited())).license


def extended():
    license = activated(invited())
    with history.acting(by=SYSTEM, now=NOW):
        License.objects.filter(pk=license.pk).update(extended=True, ends_on="2023-09-30")
    return license


def expired():
    license = activated(invited())
    expiry.expire(by=SYSTEM, now=AFTER_COHORT_I)
    return license


# What is given, when it is looked at, the status, and what of the four answers must be there.
TABLE: dict[str, tuple[Callable[[], object], datetime, str, dict[str, str]]] = {
    "none": (
        UserFactory,
        NOW,
        "none",
        {"turn": "You", "by": "Until Wednesday 12 July 2023", "can": "Fill in the form"},
    ),
    "draft": (draft, NOW, "draft", {"turn": "You", "by": "12 July 2023", "can": "submit"}),
    "R13 draft, closed": (
        draft,
        AFTER_COHORT_II,
        "draft",
        {"turn": "You", "by": "Applications are closed", "can": "when applications open"},
    ),
    "R6 disputed": (disputed, NOW, "draft", {"turn": "HEC", "by": "HEC writes", "can": "Nothing"}),
    "R12 pending": (
        submitted,
        NOW,
        "pending",
        {"title": "with your university", "turn": "focal person", "by": "11 January 2023, 9:00 AM"},
    ),
    "R12 overdue": (
        submitted,
        NOW + timedelta(hours=25),
        "pending",
        {"turn": "focal person", "by": "It was due on Wednesday 11 January", "can": "Nothing"},
    ),
    "R10 asked": (asked, NOW, "pending", {"turn": "You", "can": "Answer in words"}),
    "R11 waiting": (
        approved,
        NOW,
        "waiting",
        {"text": "number 1 in the line", "turn": "first in line", "by": "When a license"},
    ),
    "R19 carried over": (
        carried_over,
        AFTER_COHORT_I,
        "pending",
        {"next": "carried over with priority P2", "turn": "focal person"},
    ),
    "4.1.g issued": (licensed, NOW, "issued", {"turn": "Coursera", "can": "inbox of"}),
    "5.i invited": (
        invited,
        NOW,
        "invited",
        {"turn": "You", "by": "By the end of Wednesday 25 January 2023", "can": "Open the link"},
    ),
    "5.ii active": (
        lambda: activated(invited()),
        NOW,
        "active",
        {"by": "By the end of Wednesday 25 January 2023", "can": "Enroll in a course."},
    ),
    "5.iv case open": (
        looked_at,
        NOW,
        "active",
        {"title": "HEC decides", "turn": "HEC", "can": "Learn something"},
    ),
    "A.6 extended": (extended, NOW, "active", {"text": "A.6", "turn": "You"}),
    "R4 paid": (
        lambda: paid.grant(UserFactory(), 2021, by=HecFactory(), now=NOW),
        NOW,
        "active",
        {"text": "paid for", "by": "By the end of Monday 31 July 2023", "can": "as much as"},
    ),
    "4.1.i rejected": (
        rejected,
        NOW,
        "rejected",
        {"turn": "apply again", "by": "12 July 2023", "can": "Apply again"},
    ),
    "4.1.i rejected, closed": (
        rejected,
        AFTER_COHORT_II,
        "rejected",
        {"turn": "apply again", "by": "Applications are closed", "can": "when applications open"},
    ),
    "withdrawn": (withdrawn, NOW, "withdrawn", {"turn": "apply again", "can": "Apply again"}),
    "R24 lapsed": (
        lapsed,
        AFTER_COHORT_II,
        "lapsed",
        {"title": "lapsed", "by": "Applications are closed"},
    ),
    "A.2 revoked": (
        revoked,
        NOW,
        "revoked",
        {"text": "By clause 5.z", "turn": "Nobody", "can": "of this cohort was revoked"},
    ),
    "A.2 revoked, next cohort": (
        revoked,
        AFTER_COHORT_I,
        "revoked",
        {"turn": "apply again", "by": "Cohort II", "can": "Apply again"},
    ),
    "A.1 expired": (
        expired,
        AFTER_COHORT_I,
        "expired",
        {"text": "31 July 2023", "turn": "Nobody", "can": "of an earlier cohort"},
    ),
}


def person_of(given: object) -> User:
    return given if isinstance(given, User) else given.person  # type: ignore[attr-defined, no-any-return]


@pytest.fixture(params=TABLE, ids=str)
def row(request: pytest.FixtureRequest):  # type: ignore[no-untyped-def]
    return TABLE[request.param]


def test_the_four_answers_are_given(row) -> None:  # type: ignore[no-untyped-def]
    given, at, status, said = row
    person = person_of(given())

    standing = queries.standing(person, at)
    explained = four_answers.explain(standing, person, karachi_date(at))

    assert standing.status == status
    for question in ("title", "text", "turn", "by", "can"):
        assert getattr(explained, question), f"{question} is not answered"
    for question, words in said.items():
        assert words in str(getattr(explained, question))


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_the_answers_stand_at_the_top_of_the_page(
    row, language: str, sign_in, clock, django_assert_max_num_queries
) -> None:  # type: ignore[no-untyped-def]
    given, at, _status, _said = row
    person = person_of(given())
    clock.move_to(at)
    client = sign_in(person)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = language

    with translation.override(language):
        with django_assert_max_num_queries(12):
            page = client.get("/dashboard/")
        standing = queries.standing(person, at)
        explained = four_answers.explain(standing, person, karachi_date(at))

    body = page.content.decode()
    assert f'lang="{language}"' in body
    answers = re.search(r'<dl class="answers">(.*?)</dl>', body, re.S)
    assert answers is not None
    assert re.findall(r"<dd>(.+?)</dd>", answers[1]) == [
        escape(words) for words in (explained.turn, explained.by, explained.can)
    ]
    if explained.link:
        assert f'href="{explained.link.url}"' in body
    for step in explained.next:
        assert f"/policy/#c{slugify(step.clause)}" in body


def test_every_state_is_in_the_table() -> None:
    states = {status for _, _, status, _ in TABLE.values()}
    possible = {*LABELS["application"], *LABELS["license"], "none", queries.WAITING}

    # Approved without a waiting place or a license: between the allocator's two rows, seen by nobody.
    assert possible - states == {ApplicationState.APPROVED}
    assert set(four_answers.ANSWERS) == possible
