"""Reasons and questions to pick are data, complete in both languages."""

import tomllib

import pytest
from django.utils import translation

from applications.models import Application
from dlsei.policy.clauses import CLAUSES
from verification import common_wording
from verification.decision_forms import LIMIT

EVERYTHING = [*common_wording.reasons(), *common_wording.questions()]


@pytest.mark.parametrize("wording", EVERYTHING, ids=lambda wording: wording.code)
def test_a_wording_is_there_in_both_languages(wording):
    for text in (wording.short, wording.text):
        assert set(text) == set(common_wording.LANGUAGES)
        assert all(words.strip() for words in text.values())
    assert any("\u0600" <= letter <= "\u06ff" for letter in wording.text["ur"])
    assert all(len(words) < LIMIT for words in wording.text.values())
    assert set(wording.categories) <= set(Application.Category.values)


def test_codes_are_unique_and_the_file_holds_nothing_else():
    tables = tomllib.loads(common_wording.FILE.read_text(encoding="utf-8"))
    assert set(tables) == {"reason", "question"}
    for kind in (common_wording.reasons(), common_wording.questions()):
        codes = [wording.code for wording in kind]
        assert len(codes) == len(set(codes))


def test_a_clause_that_is_named_exists():
    named = {
        word.strip("().")
        for wording in EVERYTHING
        for word in wording.text["en"].split()
        if word[0].isdigit()
    }
    assert named
    assert named <= set(CLAUSES)


def test_the_list_is_in_the_reviewers_language_and_fits_the_category():
    with translation.override("ur"):
        assert common_wording.reasons()[0].name == common_wording.reasons()[0].short["ur"]
    student = {wording.code for wording in common_wording.reasons("student")}
    staff = {wording.code for wording in common_wording.reasons("staff")}
    assert "not-enrolled" in student - staff
    assert "not-employed" in staff - student
    # Nine keys for them.
    assert len(student) <= 9
