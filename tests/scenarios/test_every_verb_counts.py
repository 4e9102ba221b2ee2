"""Break any one verb, or any scheduled job, and some scenario fails.

Verbs are found in the code: a new one that a scenario can reach needs one that fails without it.
"""

import ast
import inspect
import logging
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import pytest
from django.utils.module_loading import import_string

from dlsei.celery import JOBS
from dlsei.embedded.services import PROJECT
from dlsei.policy.programme import ProgrammeError
from tests.scenarios.conftest import HERE, Play

APPS = ("applications", "dlsei", "licensing", "verification")

# The scenario that fails first when the verb does nothing.
NEEDED_BY: Mapping[str, str] = {
    "applications.closing.close": "the-turn-in-three-days",
    "applications.closing.close_cohorts": "the-turn-in-three-days",
    "applications.documents._record": "the-first-day",
    "applications.registration.register": "the-first-day",
    "applications.submission.answer": "decisions",
    "applications.submission.save": "the-first-day",
    "applications.submission.start": "the-first-day",
    "applications.submission.submit": "the-first-day",
    "applications.submission.withdraw": "intake-changes-over",
    "applications.universities.add": "the-first-day",
    "dlsei.outbox.deliver": "the-first-day",
    "licensing.activity.fetch": "the-first-day",
    "licensing.activity.flag": "intake-changes-over",
    "licensing.activity.merge": "the-first-day",
    "licensing.allocation.issue": "the-first-day",
    "licensing.allocation.issue_all": "the-first-day",
    "licensing.buckets.add_tranche": "the-second-tranche",
    "licensing.buckets.open_tranches": "the-second-tranche",
    "licensing.bulk_invites._record_batch": "by-file-in-one-day",
    "licensing.bulk_invites.take": "by-file-in-one-day",
    "licensing.closing.close": "the-turn-in-three-days",
    "licensing.expiry.end": "the-turn-in-three-days",
    "licensing.expiry.expire": "extended-to-september",
    "licensing.extension.extend": "extended-to-september",
    "licensing.invitations._settle": "the-first-day",
    "licensing.invitations.click": "the-first-day",
    "licensing.invitations.deliver": "the-first-day",
    "licensing.invitations.record": "the-first-day",
    "licensing.invitations.settle": "the-first-day",
    "licensing.line.enter": "the-first-day",
    "licensing.paid.grant": "paid-on-the-last-day",
    "licensing.programme.load": "the-first-day",
    "licensing.revocation._warn": "warned-twice",
    "licensing.revocation.brake": "idle-while-nothing-ran",
    "licensing.revocation.confirm": "stages-of-inactivity",
    "licensing.revocation.confirm_run": "the-brake-again",
    "licensing.revocation.continue_runs": "the-brake-again",
    "licensing.revocation.dismiss": "stages-of-inactivity",
    "licensing.revocation.finish_run": "the-brake-again",
    "licensing.revocation.open_cases": "stages-of-inactivity",
    "licensing.revocation.revoke": "by-file-in-one-day",
    "licensing.revocation.revoke_due": "idle-while-nothing-ran",
    "licensing.revocation.sweep": "idle-while-nothing-ran",
    "licensing.revocation.warn": "warned-twice",
    "verification.decisions.approve": "the-first-day",
    "verification.decisions.ask": "decisions",
    "verification.decisions.reject": "decisions",
    "verification.focal_persons.nominate": "the-first-day",
    "verification.hec_staff.appoint": "decisions",
    "verification.queue.open_application": "whose-turn",
    "verification.reminders.escalate": "nobody-at-the-university",
    "verification.reminders.remind": "nobody-at-the-university",
    "verification.reminders.remind_focal_persons": "nobody-at-the-university",
}
# What no event of a scenario does: corrections, files, staff, retries, retention. Their modules' own tests.
OUT_OF_REACH: Mapping[str, str] = {
    "applications.accounts": "tests/corrections/test_addresses.py",
    "applications.closing": "tests/verification/test_console_records.py",
    "applications.checking": "tests/applications/test_checking.py",
    "applications.disputes": "tests/corrections/test_disputes.py",
    "applications.documents": "tests/applications/test_documents.py",
    "applications.retention": "tests/applications/test_retention.py",
    "applications.universities": "tests/verification/test_console.py",
    "licensing.activity": "tests/licensing/test_imports_users.py",
    "licensing.bulk_invites": "tests/verification/test_console.py",
    "licensing.import_kinds": "tests/licensing/test_imports.py",
    "licensing.imports": "tests/licensing/test_imports.py",
    "licensing.invitations": "tests/deployment/test_operators_commands.py",
    "licensing.matching": "tests/licensing/test_imports_users.py",
    "licensing.paid": "tests/licensing/test_imports_paid.py",
    "licensing.programme": "tests/licensing/test_programme.py",
    "licensing.readdressing": "tests/corrections/test_addresses.py",
    "licensing.removals": "tests/verification/test_console_imports.py",
    "verification.focal_persons": "tests/staff/test_sessions.py",
    "verification.hec_staff": "tests/staff/test_sessions.py",
    "verification.queue": "tests/verification/test_review.py",
    "verification.retries": "tests/deployment/test_operators_commands.py",
    "verification.second_factor": "tests/staff/test_second_factor.py",
    "verification.staff_invitations": "tests/staff/test_invitations.py",
    "verification.staff_lists": "tests/staff/test_staff_lists.py",
    "verification.transfers": "tests/corrections/test_transfers.py",
}
# Asked again until nothing is left, it never would be: broken, it fails.
ASKED_AGAIN = {"licensing.expiry.end"}


@cache
def verbs() -> dict[str, str]:
    """Every function that `@verb` frames, by its dotted name: the file it stands in."""
    found = {}
    for path in (path for app in APPS for path in (PROJECT / app).rglob("*.py")):
        module = ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any(
                isinstance(frame, ast.Name) and frame.id == "verb" for frame in node.decorator_list
            ):
                found[f"{module}.{node.name}"] = path.name
    return found


def test_every_verb_and_every_job_is_played_or_tested_elsewhere() -> None:
    all_of_them = {*verbs(), *(job.verb for job in JOBS.values())}
    assert NEEDED_BY.keys() <= all_of_them, "what is gone needs no scenario"
    unplayed = {dotted.rsplit(".", 1)[0] for dotted in all_of_them - NEEDED_BY.keys()}
    named_after = {
        path.stem.removeprefix("test_") for path in (PROJECT / "tests").rglob("test_*.py")
    }
    nowhere = {
        module
        for module in unplayed - OUT_OF_REACH.keys()
        if module.rsplit(".", 1)[1] not in named_after
    }
    assert nowhere == set()
    assert OUT_OF_REACH.keys() <= unplayed


@pytest.mark.parametrize("module", OUT_OF_REACH)
def test_what_no_scenario_reaches_has_tests_of_its_own(module: str) -> None:
    text = (PROJECT / OUT_OF_REACH[module]).read_text(encoding="utf-8")
    assert "def test_" in text


def fail(*args: Any, **kwargs: Any) -> None:
    raise RuntimeError("broken")


def nothing_instead_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """A stand-in that does nothing and says so in the way that callers understand."""
    empty: dict[str, Any] = {"int": 0, "bool": False, "dict": {}}
    returns = str(inspect.signature(function).return_annotation)
    value = next((empty[kind] for kind in empty if kind in returns[:14]), None)
    return lambda *args, **kwargs: value


@pytest.mark.parametrize("dotted", NEEDED_BY)
def test_a_scenario_fails_when_the_verb_does_nothing(
    dotted: str, play_to_the_first_unmet: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = NEEDED_BY[dotted]
    assert (HERE / f"{name}.toml").exists()
    instead = fail if dotted in ASKED_AGAIN else nothing_instead_of(import_string(dotted))
    monkeypatch.setattr(dotted, instead)
    # What its callers make of nothing is logged as what it is.
    monkeypatch.setattr(logging.getLogger("dlsei"), "disabled", True)

    # Unmet, or whoever needs what it should have returned fails.
    with pytest.raises(Exception) as ended:
        play_to_the_first_unmet(name)

    assert not isinstance(ended.value, ProgrammeError)
