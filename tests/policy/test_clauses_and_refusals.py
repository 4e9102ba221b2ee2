import re
from pathlib import Path

import pytest

from dlsei.policy.clauses import CLAUSES, clause
from dlsei.policy.eligibility import not_eligible
from dlsei.policy.refusals import ALREADY_DECIDED, REFUSALS, Refused, refuse

POLICY = Path(__file__).with_name("dlsei-year-2-policy.txt")


def normal(text: str) -> str:
    plain_quotes = text.translate(str.maketrans("\u2019\u201c\u201d", '\'""'))
    return " ".join(re.sub(r"\u2022|(?<=\s)o(?=\s)", " ", plain_quotes).split())


def test_clauses_stand_in_the_order_of_the_policy() -> None:
    students = [f"4.1.{letter}" for letter in "abcdefghijklm"]

    assert list(CLAUSES) == [
        *("1.a", "1.b", "1.c", "2.a", "2.b", "3.a", "3.b"),
        *students,
        *("4.2.a", "4.2.b", "5.i", "5.ii", "5.iii", "5.iv", "5.z"),
        *("A.0", "A.1", "A.2", "A.3", "A.4", "A.5", "A.6"),
    ]


@pytest.mark.parametrize("id", CLAUSES)
def test_a_clause_quotes_what_hec_wrote(id: str) -> None:
    policy = normal(POLICY.read_text(encoding="utf-8"))

    assert [part for part in clause(id).text.split(" … ") if normal(part) not in policy] == []
    assert clause(id).plain.endswith(".")


CODES = {
    "category-not-eligible": "3.b",
    "institution-not-recognized": "3.a",
    "already-applied": "4.1.b",
    "revoked-in-this-cohort": "A.2",
    "cohort-user": "A.1",
    "document-missing": "4.1.c",
    "document-not-accepted": "4.1.c",
    "intake-closed": "4.1.m",
    "not-pending": "4.1.f",
    "not-yours": "4.1.d",
    "text-missing": "4.1.e",
    "nothing-asked": "4.1.e",
    "note-missing": "4.1.j",
    "reason-missing": "4.1.i",
    "not-eligible": "3.a",
    "out-of-turn": "4.1.k",
    "link-not-valid": "4.1.h",
    "no-stopped-run": "5.z",
    "no-open-case": "5.iv",
    "no-live-license": "5.z",
    "not-allowed": "4.1.d",
}


def test_every_code_has_its_clause_and_a_sentence_that_needs_no_values() -> None:
    assert {code: refusal.clause for code, refusal in REFUSALS.items()} == CODES
    assert set(CODES.values()) <= set(CLAUSES)
    for code in REFUSALS:
        assert refuse(code).message == REFUSALS[code].sentence


def test_a_refusal_may_bring_its_own_clause_and_sentence() -> None:
    late = refuse(
        "not-pending", sentence=ALREADY_DECIDED, by="Focal person Sana", at="12 January 2023, 09:00"
    )

    assert late.message == (
        "Focal person Sana decided this application on 12 January 2023, 09:00. "
        "Your decision was not recorded."
    )
    assert refuse("note-missing", clause="5.z").clause == "5.z"
    assert not_eligible(refuse("cohort-user")).clause == "A.1"


def test_refusals_are_values_that_a_verb_raises() -> None:
    with pytest.raises(Refused, match=r"out-of-turn \(4\.1\.k\): Another application") as caught:
        raise Refused(refuse("out-of-turn", ahead="A-000001"))

    assert caught.value.refusal == refuse("out-of-turn", ahead="A-000001")
    assert hash(caught.value.refusal) == hash(refuse("out-of-turn", ahead="A-000001"))


def test_an_unknown_code_is_an_error() -> None:
    with pytest.raises(KeyError):
        refuse("because")
