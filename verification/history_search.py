"""The history of everything, searched: by person or reference, by who acted, by clause, by day (I5)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Q

from applications.models import Application, Document, University
from dlsei.models import Event, User
from dlsei.models.history import EventQuerySet
from dlsei.policy.calendar_days import midnight
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
        events = events.filter(at__lt=midnight(question.until + timedelta(days=1)))
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
    """What each event is about: a query a kind of thing, however many events there are."""
    ids: dict[str, set[int]] = defaultdict(set)
    for event in events:
        ids[event.subject].add(event.subject_id)
    named: dict[tuple[str, int], Named] = {}
    for subject, rows in (
        (subject, SUBJECTS[subject](of)) for subject, of in ids.items() if subject in SUBJECTS
    ):
        named |= {(subject, pk): Named(name, reference) for pk, name, reference in rows}
    return named


def _rows(model, name: str, reference: str):
    def rows(ids: set[int]) -> Iterable[tuple[int, str, str]]:
        found = model.objects.filter(pk__in=ids)
        if reference:
            return found.values_list("pk", name, reference)
        return ((pk, words, "") for pk, words in found.values_list("pk", name))

    return rows


SUBJECTS = {
    "application": _rows(Application, "person__full_name", "reference"),
    "place": _rows(Place, "person__full_name", "reference"),
    "license": _rows(License, "person__full_name", "reference"),
    "revocationcase": _rows(RevocationCase, "license__person__full_name", "license__reference"),
    "bucket": _rows(Cohort, "name", ""),
    "user": _rows(User, "full_name", "email"),
    "university": _rows(University, "name", ""),
    "document": _rows(Document, "application__person__full_name", "application__reference"),
    "focalperson": _rows(FocalPerson, "person__full_name", "person__email"),
    "invitation": _rows(Invitation, "email", ""),
}
