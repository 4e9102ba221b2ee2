"""People at each stage of the story, brought there by the product's own jobs."""

from datetime import datetime

from applications.models import Application
from dlsei import outbox
from dlsei.models import User
from licensing import allocation, invitations
from licensing.models import Cohort, License
from tests.factories import NOW, SYSTEM, FocalPersonFactory, UniversityFactory, approved, submitted


def approved_people(count: int, *, now: datetime = NOW) -> list[Application]:
    """So many approved applications of one university, in line for a license."""
    university = UniversityFactory()
    focal_person: User = FocalPersonFactory(university=university).person
    return [
        approved(submitted(university=university, now=now), by=focal_person, now=now)
        for _ in range(count)
    ]


def issued(count: int, *, now: datetime = NOW) -> list[License]:
    """So many licenses, nothing of them delivered yet."""
    approved_people(count, now=now)
    allocation.issue(Cohort.objects.named("Cohort I"), by=SYSTEM, now=now)
    return list(License.objects.select_related("person", "cohort").order_by("-pk")[:count])[::-1]


def invited(count: int, *, now: datetime = NOW) -> list[License]:
    """So many licenses whose invitation is out; needs Coursera at its edge."""
    licenses = issued(count, now=now)
    invitations.deliver(by=SYSTEM, now=now)
    outbox.deliver(by=SYSTEM, now=now)
    invitations.settle(by=SYSTEM, now=now)
    found = License.objects.filter(pk__in=[x.pk for x in licenses])
    return list(found.select_related("person", "cohort").order_by("pk"))
