"""Who may see and decide which applications (4.1.d, 4.1.j, I9)."""

from datetime import date

from django.db.models import Exists, OuterRef, QuerySet

from applications.models import Application, Dispute, University
from applications.models.applications import ApplicationQuerySet
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import is_hec
from dlsei.policy.refusals import Refused, refuse
from verification.models import FocalPerson


def universities(by: Actor, today: date) -> QuerySet[University]:
    """The universities for which a person may decide today: HEC for all, focal persons their own."""
    if is_hec(by):
        return University.objects.all()
    if not isinstance(by, User):
        return University.objects.none()
    return University.objects.filter(
        focal_persons__in=FocalPerson.objects.active(today).filter(person=by)
    ).distinct()


def visible(by: Actor, today: date) -> ApplicationQuerySet:
    """The one scoped queryset: submitted applications that a person may open, never their own."""
    own = {"person": by} if isinstance(by, User) else {}
    return (
        Application.objects.submitted()
        .filter(university__in=universities(by, today))
        .exclude(**own)
    )


def disputed(by: Actor) -> QuerySet[Application]:
    """Drafts held up by a dispute over their number, which HEC alone sees while it is open (R6)."""
    if not is_hec(by):
        return Application.objects.none()
    own = {"person": by} if isinstance(by, User) else {}
    open_ = Dispute.objects.filter(settled_at=None).values("application")
    return Application.objects.filter(pk__in=open_).exclude(**own)


def is_focal_person(by: Actor, university: University, today: date) -> bool:
    return (
        isinstance(by, User)
        and FocalPerson.objects.active(today).filter(person=by, university=university).exists()
    )


def nominated(by: Actor, today: date) -> Exists:
    """Whether a person decides for an application's university as its focal person, not for HEC (4.1.j)."""
    mine = FocalPerson.objects.active(today).filter(university=OuterRef("university"))
    return Exists(mine.filter(person=by) if isinstance(by, User) else mine.none())


def require_reader(by: Actor, application: Application, today: date) -> User:
    """Whoever may open it: as `require_reviewer`, which asks as well for whom they would decide."""
    if isinstance(by, User) and is_hec(by) and by != application.person:
        return by
    return require_reviewer(by, application, today)[0]


def require_reviewer(by: Actor, application: Application, today: date) -> tuple[User, bool]:
    """The person, and whether they act on behalf of the university (4.1.j).

    Raises `Refused(not-yours)` for everybody else, and for applicants in their own case (I4).
    """
    university = application.university
    if isinstance(by, User) and university and by != application.person:
        if is_focal_person(by, university, today):
            return by, False
        if is_hec(by):
            return by, True
    raise Refused(refuse("not-yours"))
