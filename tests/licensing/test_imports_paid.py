"""Paid learners from HEC's file: outside the bucket, active at once, ended with their cohort (2.a, 2.b, A.4, R4)."""

import io
from datetime import date, datetime
from typing import Any

import pytest

from dlsei import audit
from dlsei.models import User
from licensing import import_kinds, imports
from licensing.models import Import, License
from tests.factories import SYSTEM, HecFactory, UserFactory, licensed
from tests.licensing.imported_files import PAID, cohort_1, imported, paid_learner, previewed, sheet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme")]
KIND = Import.Kind.PAID


@pytest.mark.parametrize(
    ("year", "cohort", "ends"),
    [
        pytest.param(2021, "Cohort I", date(2023, 7, 31), id="2.a"),
        pytest.param(2022, "Cohort II", date(2024, 2, 15), id="2.b, A.4, R2"),
    ],
)
def test_a_paid_license_ends_with_the_cohort_of_its_year(
    now: datetime, year: int, cohort: str, ends: date
) -> None:
    done = imported(sheet(PAID, paid_learner("New@Example.pk", year)), KIND, HecFactory(), now=now)

    license = License.objects.get()
    assert (license.cohort.name, license.ends_on, license.state) == (cohort, ends, "active")
    assert (license.source, license.place, license.next_deadline) == (f"paid-{year}", None, None)
    assert cohort_1().seats_held == 0
    assert done.result == {"granted": 1, "already": 0, "new_people": 1, "learners": 1, "refused": 0}
    assert list(audit.breaches(now)) == []


def test_an_unknown_address_gets_an_account_to_be_opened_by_a_code(now: datetime) -> None:
    imported(sheet(PAID, paid_learner("New@Example.pk")), KIND, HecFactory(), now=now)

    person = User.objects.get(email="new@example.pk")
    assert (person.full_name, person.identity) == ("Bilal Ahmed", "cnic:3520212345671")
    assert not person.has_usable_password()


def test_a_known_address_keeps_its_account(now: datetime) -> None:
    person = UserFactory()

    imported(sheet(PAID, paid_learner(person.email.upper())), KIND, HecFactory(), now=now)

    again = License.objects.get().person
    assert (again, again.full_name, again.password) == (person, person.full_name, person.password)


def test_never_activated_is_listed_and_nothing_else(now: datetime) -> None:
    """R4."""
    file = sheet(PAID, paid_learner("idle@example.pk", Activated="No"))

    done = imported(file, KIND, HecFactory(), now=now)

    assert done.found["never_activated"] == [["Bilal Ahmed", "idle@example.pk", "2022"]]
    assert not License.objects.exists()
    assert not User.objects.filter(email="idle@example.pk").exists()


@pytest.mark.parametrize(
    ("cells", "column"),
    [
        ({"Full Name": " "}, "full name"),
        ({"Email": "nobody"}, "email"),
        ({"Email": ""}, "email"),
        ({"Year": "2020"}, "year"),
        ({"Year": "last"}, "year"),
        ({"Activated": "perhaps"}, "activated"),
        ({"Activated": ""}, "activated"),
        ({"CNIC or Passport": "95202-1234567-1"}, "cnic or passport"),
        ({"CNIC or Passport": "352021234567"}, "cnic or passport"),
        ({"Email": "Good@example.pk"}, "email"),
    ],
)
def test_a_bad_row_is_named_and_blocks_no_other(
    now: datetime, cells: dict[str, Any], column: str
) -> None:
    file = sheet(PAID, paid_learner("good@example.pk"), {**paid_learner("bad@example.pk"), **cells})

    done = imported(file, KIND, HecFactory(), now=now)

    (error,) = done.errors
    assert (error["line"], error["column"]) == (3, column)
    assert error["sentence"] % error["values"]
    assert [license.person.email for license in License.objects.all()] == ["good@example.pk"]


def test_who_holds_a_live_license_is_an_error_of_their_row(now: datetime) -> None:
    license = licensed()

    done = imported(sheet(PAID, paid_learner(license.person.email)), KIND, HecFactory(), now=now)

    (error,) = done.errors
    assert error["values"]["value"] == license.reference
    assert done.result["refused"] == 1
    assert License.objects.get() == license


def test_another_file_with_the_same_learners_grants_nothing_anew(now: datetime) -> None:
    hec = HecFactory()
    imported(sheet(PAID, paid_learner("a@example.pk")), KIND, hec, now=now)
    longer = sheet(PAID, paid_learner("a@example.pk"), paid_learner("b@example.pk"))

    found = previewed(longer, KIND, hec, now=now)
    assert found.found["figures"] == {
        "rows": 2,
        "to_grant": 1,
        "already": 1,
        "new_people": 1,
        "never_activated": 0,
        "errors": 0,
    }
    imports.commit(found, by=hec, now=now)
    imports.run(by=SYSTEM, now=now)

    found.refresh_from_db()
    assert (found.result["granted"], found.result["already"]) == (1, 1)
    assert License.objects.count() == 2


def test_killed_in_the_middle_it_goes_on_where_it_was(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(import_kinds, "BATCH", 2)
    hec = HecFactory()
    file = sheet(PAID, *(paid_learner(f"p{n}@example.pk") for n in range(5)))
    found = previewed(file, KIND, hec, now=now)
    imports.commit(found, by=hec, now=now)
    with found.file.open("rb") as stored, pytest.raises(KeyboardInterrupt):
        import_kinds.COMMIT[KIND](found, stored, _killed, by=hec, now=now)
    assert License.objects.count() == 2

    imports.run(by=SYSTEM, now=now)

    found.refresh_from_db()
    assert (found.state, found.result["granted"], found.rows_done) == ("done", 5, 5)
    assert License.objects.count() == 5


def _killed(rows: int) -> None:
    raise KeyboardInterrupt


def test_other_columns_fail_with_a_sentence(now: datetime) -> None:
    found = previewed(io.BytesIO(b"Name,Mail\n"), KIND, HecFactory(), now=now)

    assert found.state == "failed"
    assert "Full Name, Email, Year, Activated" in found.failure["sentence"]
