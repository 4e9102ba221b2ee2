"""The history of everything, searched: by person or reference, by who acted, by clause, by day (I5)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import CharField, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast

from applications.models import Application, Document, University
from dlsei.models import Event, User
from dlsei.models.history import EventQuerySet
from dlsei.policy.calendar_days import end_of_day, midnight
from dlsei.policy.states import ApplicationState
from licensing.models import Cohort, License, Place, RevocationCase
from verification.models import FocalPerson, Invitation

MOST_PEOPLE = 200
"""Whose events are looked for at once: whoever means more says so more exactly."""


@dataclass(frozen=True)
class Question:
    """What is looked for; empty fields ask nothing. Days are Karachi's, both included."""

    about: str = ""
    actor: str = ""
    clause: str = ""
    since: date | None = None
    until: date | None = None


def find(question: Question) -> EventQuerySet:
    """The events that fit, with their actors, without order."""
    # What nobody has submitted yet is nobody else's to see (4.1.d).
    drafts = Application.objects.filter(status=ApplicationState.DRAFT)
    events = (
        Event.objects.select_related("actor")
        .exclude(subject="application", to_state=ApplicationState.DRAFT)
        .exclude(
            subject="document",
            subject_id__in=Document.objects.filter(application__in=drafts).values("pk"),
        )
    )
    if question.about:
        events = events.filter(_about(question.about))
    if question.actor:
        events = events.filter(actor__in=list(_people(question.actor)[:MOST_PEOPLE]))
    if question.clause:
        events = events.filter(clause=question.clause)
    if question.since:
        events = events.filter(at__gte=midnight(question.since))
    if question.until:
        events = events.filter(at__lt=end_of_day(question.until))
    return events


def _people(words: str) -> Sequence[int]:
    number = words.replace("-", "").replace(" ", "")
    return User.objects.filter(
        Q(full_name__icontains=words)
        | Q(email__icontains=words)
        | Q(identity_number__istartswith=number)
    ).values_list("pk", flat=True)


def _about(words: str) -> Q:
    """Events of the one thing with this reference, else of all that belongs to the people found."""
    application = Application.objects.filter(reference__iexact=words).first()
    if application:
        places = [application.place_id] if application.place_id else []
        licenses = list(License.objects.filter(place__in=places).values_list("pk", flat=True))
        return _of({"application": [application.pk], "place": places}, licenses)
    license = License.objects.filter(reference__iexact=words).first()
    if license:
        return _of({}, [license.pk])
    people = list(_people(words)[:MOST_PEOPLE])
    own = {"person__in": people}
    applications = list(Application.objects.filter(**own).values_list("pk", "place"))
    subjects: dict[str, Iterable[int]] = {
        "user": people,
        "application": [pk for pk, _place in applications],
        "place": [place for _pk, place in applications if place],
        "focalperson": FocalPerson.objects.filter(**own).values_list("pk", flat=True),
    }
    return _of(subjects, list(License.objects.filter(**own).values_list("pk", flat=True)))


def _of(subjects: dict[str, Iterable[int]], licenses: list[int]) -> Q:
    cases = RevocationCase.objects.filter(license__in=licenses).values_list("pk", flat=True)
    found = Q(pk=None)
    for subject, ids in (subjects | {"license": licenses, "revocationcase": cases}).items():
        if known := list(ids):
            found |= Q(subject=subject, subject_id__in=known)
    return found


@dataclass(frozen=True)
class Named:
    """What an event is about, in words, and the reference under which HEC finds it; either may be empty."""

    name: str
    reference: str


def names(events: Iterable[Event]) -> dict[tuple[str, int], Named]:
    """What each event is about, in one statement, however many events and kinds of things there are."""
    ids: dict[str, set[int]] = defaultdict(set)
    for event in events:
        ids[event.subject].add(event.subject_id)
    first, *others = [_rows(subject, ids.get(subject, set())) for subject in SUBJECTS]
    rows = first.union(*others, all=True)
    return {(subject, pk): Named(name, reference) for subject, pk, name, reference in rows}


def _rows(subject: str, ids: set[int]) -> QuerySet[Any, Any]:
    model, name, reference = SUBJECTS[subject]
    found = model.objects.filter(pk__in=ids).order_by()
    # The columns of one kind must be of the same type as those of the next.
    return found.values_list(
        Value(subject, CharField()),
        "pk",
        Cast(name, TextField()),
        Cast(reference, TextField()) if reference else Value("", TextField()),
    )


# What a thing of each kind is called, and its reference, where it has one.
SUBJECTS: dict[str, tuple[Any, str, str]] = {
    "application": (Application, "person__full_name", "reference"),
    "place": (Place, "person__full_name", "reference"),
    "license": (License, "person__full_name", "reference"),
    "revocationcase": (RevocationCase, "license__person__full_name", "license__reference"),
    "bucket": (Cohort, "name", ""),
    "user": (User, "full_name", "email"),
    "university": (University, "name", ""),
    "document": (Document, "application__person__full_name", "application__reference"),
    "focalperson": (FocalPerson, "person__full_name", "person__email"),
    "invitation": (Invitation, "email", ""),
}
