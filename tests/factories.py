"""People and institutions for tests, and the steps of an application taken by the real verbs."""

from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import factory
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from factory.django import DjangoModelFactory

from applications import documents, submission
from applications.inspection.inspector import Inspected
from applications.models import Application, University
from dlsei import policy
from dlsei.history import acting
from dlsei.models import User
from dlsei.policy.calendar_days import KARACHI
from licensing import allocation, invitations
from licensing.models import Cohort, License
from verification import decisions
from verification.models import FocalPerson

NOW = datetime(2023, 1, 10, 9, tzinfo=KARACHI)
YEAR_2 = Path(policy.__file__).with_name("year-2.toml")
PASSWORD = "a passphrase for tests"
SYSTEM = "tests"
PNG = Inspected(b"not read by anything after inspection", "image/png")


@cache
def hashed_password() -> str:
    return make_password(PASSWORD)


class Acted(DjangoModelFactory):
    """Makes what has a history in the name of the tests."""

    class Meta:
        abstract = True

    @classmethod
    def _create(cls, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic(), acting(by=SYSTEM, now=NOW):
            return super()._create(*args, **kwargs)


class UserFactory(Acted):
    """An applicant with a verified address, a CNIC and the password `PASSWORD`."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"person{n}@example.pk")
    full_name = factory.Sequence(lambda n: f"Ayesha Khan {n}")
    identity_number = factory.Sequence(lambda n: f"35202{n:08d}")
    password = factory.LazyFunction(hashed_password)

    @factory.post_generation
    def verified(self, create: bool, extracted: bool | None, **kwargs: Any) -> None:
        if create and extracted is not False:
            EmailAddress.objects.create(user=self, email=self.email, verified=True, primary=True)


class HecFactory(UserFactory):
    full_name = factory.Sequence(lambda n: f"Sana Iqbal {n}")
    is_hec = True


class UniversityFactory(Acted):
    class Meta:
        model = University

    name = factory.Sequence(lambda n: f"University {n}")
    city = "Lahore"
    sector = University.Sector.PUBLIC


class FocalPersonFactory(Acted):
    """A nomination in force at `NOW`; `.person` signs in."""

    class Meta:
        model = FocalPerson

    person = factory.SubFactory(UserFactory, full_name="Dr. Bilal Ahmed")
    university = factory.SubFactory(UniversityFactory)
    since = factory.LazyFunction(NOW.date)


def draft(
    person: User | None = None,
    university: University | None = None,
    *,
    category: str = "student",
    kinds: tuple[str, ...] | None = None,
    now: datetime = NOW,
    **answers: Any,
) -> Application:
    """A complete draft, ready to submit; `kinds` are those of its documents."""
    person = person or UserFactory()
    application = submission.start(person, by=person, now=now)
    submission.save(
        application,
        category=category,
        university=university or UniversityFactory(),
        answers={"program": "BS Computer Science", **answers},
        by=person,
        now=now,
    )
    usual = "student-card" if category == "student" else "office-card"
    for kind in (usual,) if kinds is None else kinds:
        documents.keep(application, kind, PNG, by=person, now=now, name="card.png")
    application.refresh_from_db()
    return application


def submitted(
    person: User | None = None,
    university: University | None = None,
    *,
    now: datetime = NOW,
    **kwargs: Any,
) -> Application:
    """A pending application, submitted at `now`; takes what `draft` takes."""
    application = draft(person, university, now=now, **kwargs)
    return submission.submit(application, by=application.person, now=now)


def approved(
    application: Application | None = None, *, by: User | None = None, now: datetime = NOW
) -> Application:
    """An application approved by its university's focal person, waiting in line."""
    application = application or submitted(now=now)
    focal_person = by or FocalPersonFactory(university=application.university).person
    decisions.approve(application, by=focal_person, reason="as the test needs it", now=now)
    application.refresh_from_db()
    return application


def licensed(application: Application | None = None, *, now: datetime = NOW) -> License:
    """The license of an approved application, issued by the allocator, not yet invited."""
    application = application or approved(now=now)
    allocation.issue(application.cohort, by=SYSTEM, now=now)
    return License.objects.select_related("person", "cohort").get(place=application.place)


def activated(license: License, *, now: datetime = NOW) -> License:
    """The same license after the first click on its link."""
    return invitations.click(license, by=license.person, now=now)


def resize(cohort: Cohort, *, held: int | None = None, total: int | None = None) -> None:
    """Gives a bucket other figures than its licenses and tranches come to, in the name of the tests."""
    figures = {"seats_held": held, "seats_total": total}
    with transaction.atomic(), acting(by=SYSTEM, now=NOW):
        Cohort.objects.filter(pk=cohort.pk).update(
            **{name: seats for name, seats in figures.items() if seats is not None}
        )
