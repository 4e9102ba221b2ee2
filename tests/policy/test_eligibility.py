from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from dlsei.policy.eligibility import (
    Facts,
    accepted_documents,
    check,
    check_person,
    priority,
    target_cohort,
)
from dlsei.policy.programme import CohortPolicy, Programme, Tables, overlay, read

STUDENT = Facts("student", recognized=True, documents=("student-card",))
EARLIER = {"Cohort I": frozenset[str](), "Cohort II": frozenset({"Cohort I"})}


def outcome(
    programme: Programme, facts: Facts, cohort: str = "Cohort I", intake_open: bool = True
) -> tuple[str, str] | None:
    refusal = check(
        facts,
        cohort=programme.cohorts[cohort],
        earlier=EARLIER[cohort],
        documents=programme.documents,
        intake_open=intake_open,
    )
    return (refusal.code, refusal.clause) if refusal else None


@pytest.mark.parametrize(
    ("category", "refusal"),
    [
        pytest.param("student", None, id="3.a student"),
        pytest.param("faculty", None, id="3.a faculty"),
        pytest.param("staff", None, id="3.a staff"),
        pytest.param("hec-employee", None, id="3.a HEC employee"),
        pytest.param("alumnus", ("category-not-eligible", "3.b"), id="3.b alumnus"),
        pytest.param("external", ("category-not-eligible", "3.b"), id="3.b external"),
    ],
)
def test_who_may_apply(
    programme: Programme, category: str, refusal: tuple[str, str] | None
) -> None:
    document = "student-card" if category == "student" else "office-card"

    assert outcome(programme, Facts(category, True, documents=(document,))) == refusal


# One row takes away what the row above is refused for: so each code wins over all below it.
IN_ORDER: list[tuple[dict[str, Any], str, str]] = [
    ({}, "category-not-eligible", "3.b"),
    ({"category": "student"}, "institution-not-recognized", "3.a"),
    ({"recognized": True}, "already-applied", "4.1.b"),
    ({"already_applied": False}, "revoked-in-this-cohort", "A.2"),
    ({"revoked_in": frozenset({"Cohort I"})}, "cohort-user", "A.1"),
    ({"barred_by": frozenset()}, "document-missing", "4.1.c"),
    ({"documents": ("office-card",)}, "document-not-accepted", "4.1.c"),
    ({"documents": ("student-card",)}, "intake-closed", "4.1.m"),
]


@pytest.mark.parametrize("step", range(len(IN_ORDER)), ids=[code for _, code, _ in IN_ORDER])
def test_the_first_reason_in_the_order_of_the_specification_is_given(
    programme: Programme, step: int
) -> None:
    facts = Facts(
        "alumnus", False, True, frozenset({"Cohort II"}), frozenset({"Cohort I", "Cohort II"})
    )
    for change, _, _ in IN_ORDER[: step + 1]:
        facts = replace(facts, **change)

    assert outcome(programme, facts, "Cohort II", intake_open=False) == IN_ORDER[step][1:]


@pytest.mark.parametrize(
    ("category", "shown", "first_semester", "refusal"),
    [
        pytest.param("student", "admission-card", False, None, id="4.1.c admission card"),
        pytest.param("student", "transcript", False, None, id="4.1.c transcript"),
        pytest.param("student", "previous-education", True, None, id="4.1.c first semester"),
        pytest.param(
            "student", "previous-education", False, "document-not-accepted", id="R7 not declared"
        ),
        pytest.param(
            "student", "previous-education student-card", False, None, id="R7 one is enough"
        ),
        pytest.param("student", "employment-letter", True, "document-not-accepted", id="4.1.c own"),
        pytest.param("student", "", True, "document-missing", id="4.1.c none"),
        pytest.param("faculty", "employment-letter", False, None, id="4.2.a letter"),
        pytest.param("staff", "office-card", False, None, id="4.2.a card"),
        pytest.param("staff", "student-card", False, "document-not-accepted", id="4.2.a own"),
        pytest.param(
            "hec-employee", "previous-education", True, "document-not-accepted", id="R7 students"
        ),
        pytest.param("faculty", "", False, "document-missing", id="4.2.a none"),
    ],
)
def test_which_documents_count(
    programme: Programme, category: str, shown: str, first_semester: bool, refusal: str | None
) -> None:
    facts = Facts(category, True, documents=tuple(shown.split()), first_semester=first_semester)
    clause = "4.1.c" if category == "student" else "4.2.a"

    assert outcome(programme, facts) == (refusal and (refusal, clause))


def test_the_kinds_accepted_can_be_listed_on_the_form(programme: Programme) -> None:
    documents = programme.documents

    assert "previous-education" in accepted_documents("student", True, documents)
    assert "previous-education" not in accepted_documents("student", False, documents)
    assert accepted_documents("alumnus", True, documents) == ()


@pytest.mark.parametrize(
    ("revoked_in", "barred_by", "cohort", "refusal"),
    [
        pytest.param("Cohort I", "", "Cohort I", "revoked-in-this-cohort", id="R18 not again"),
        pytest.param("Cohort I", "", "Cohort II", None, id="A.2 once more"),
        pytest.param("Cohort II", "", "Cohort II", "revoked-in-this-cohort", id="R18 not twice"),
        pytest.param("", "Cohort I", "Cohort II", "cohort-user", id="A.1 held or flagged"),
        pytest.param("", "Cohort I", "Cohort I", None, id="A.1 bars from later cohorts only"),
        pytest.param("", "Cohort II", "Cohort II", None, id="A.1 a flag of the same cohort"),
    ],
)
def test_who_had_a_license_before(
    programme: Programme, revoked_in: str, barred_by: str, cohort: str, refusal: str | None
) -> None:
    facts = replace(
        STUDENT,
        revoked_in=frozenset({revoked_in} - {""}),
        barred_by=frozenset({barred_by} - {""}),
    )

    found = outcome(programme, facts, cohort)

    assert (found and found[0]) == refusal


def test_the_person_is_checked_without_documents_and_intake(programme: Programme) -> None:
    facts = replace(STUDENT, documents=())
    refusal = check_person(
        facts,
        cohort=programme.cohorts["Cohort I"],
        earlier=frozenset(),
        documents=programme.documents,
    )

    assert refusal is None


def test_priority_of_a_new_application(cohort_1: CohortPolicy, cohort_2: CohortPolicy) -> None:
    revoked, earlier = frozenset({"Cohort I"}), frozenset({"Cohort I"})

    assert priority(cohort_1, frozenset(), frozenset()) == 0
    assert priority(cohort_2, frozenset(), earlier) == 3
    assert priority(cohort_2, revoked, earlier) == 4
    assert priority(cohort_2, frozenset({"Cohort II"}), earlier) == 3


@pytest.mark.parametrize(
    ("today", "cohort"),
    [
        pytest.param(date(2022, 12, 31), "Cohort I", id="R13 the next to open"),
        pytest.param(date(2023, 1, 2), "Cohort I", id="R13 first day"),
        pytest.param(date(2023, 7, 12), "Cohort I", id="R13 last day"),
        pytest.param(date(2023, 7, 13), "Cohort II", id="A.3 new applications"),
        pytest.param(date(2024, 2, 15), "Cohort II", id="R13 last day of all"),
        pytest.param(date(2024, 2, 16), "Cohort II", id="R24 after the last"),
    ],
)
def test_the_cohort_an_application_is_for(programme: Programme, today: date, cohort: str) -> None:
    assert target_cohort(programme, today).name == cohort


def test_between_two_intakes_the_next_to_open_counts(year_2: Tables) -> None:
    shorter = read(overlay(year_2, {"cohorts": {"Cohort I": {"ends": "2023-06-30"}}}), "x")

    assert target_cohort(shorter, date(2023, 6, 30)).name == "Cohort I"
    assert target_cohort(shorter, date(2023, 7, 1)).name == "Cohort II"
