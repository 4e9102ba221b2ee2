"""What a reviewer has to check of an application, each with its clause, and what else is known of it."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications import eligibility
from applications.models import Application, Dispute, Document
from dlsei.history import Actor
from dlsei.policy import eligibility as policy
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refusal
from licensing.models import Programme
from verification.permissions import visible

# Refusal → its clause, what must hold, and the claim beside which it is shown.
QUESTIONS = {
    "category-not-eligible": (
        "3.b",
        gettext_lazy("Student, faculty, staff or HEC employee"),
        "category",
    ),
    "institution-not-recognized": (
        "3.a",
        gettext_lazy("Institution recognized by HEC"),
        "university",
    ),
    "already-applied": ("4.1.b", gettext_lazy("No other application or license"), "others"),
    "revoked-in-this-cohort": ("A.2", gettext_lazy("No license revoked in this cohort"), "others"),
    "cohort-user": ("A.1", gettext_lazy("No license of an earlier cohort"), "others"),
}
DOCUMENTS = gettext_lazy("At least one document of an accepted kind")


@dataclass(frozen=True)
class Check:
    """One thing to check: its clause, what must hold, and what the rules say of it.

    `about` names the claim that it is about, `refusal` says why it fails.
    """

    clause: str
    question: str
    passed: bool
    about: str = ""
    refusal: Refusal | None = None

    @property
    def because(self) -> str:
        return _(self.refusal.sentence) % self.refusal.values if self.refusal else ""


@dataclass(frozen=True)
class Elsewhere:
    """What is known from outside this application; details only of what the reader may open.

    `hidden` are states and dates of the person's applications at universities that are not theirs.
    """

    earlier: list[Application]
    hidden: list[Application]
    same_file: list[Application]
    same_file_hidden: int
    disputed: bool

    @property
    def same_file_count(self) -> int:
        return len(self.same_file) + self.same_file_hidden

    @property
    def earlier_count(self) -> int:
        return len(self.earlier) + len(self.hidden)


def of(application: Application) -> list[Check]:
    """Every rule on who may have a license, judged on what is known now (3.a–3.b, R5, R7, R18)."""
    assert application.cohort is not None
    programme = Programme.in_force().policy
    facts = eligibility.facts(
        application.person,
        application.category,
        application.university,
        documents=[document.kind for document in application.documents.accepted()],
        first_semester=application.first_semester,
        besides=application,
    )
    found = policy.person_checks(
        facts,
        cohort=programme.cohorts[application.cohort.name],
        earlier=programme.earlier(application.cohort.name),
        documents=programme.documents,
    )
    checks = [_check(*QUESTIONS[code], refusal) for code, refusal in found.items()]
    clause = "4.1.c" if application.category == "student" else "4.2.a"
    shown = policy.check_documents(facts, documents=programme.documents)
    return [*checks, _check(clause, DOCUMENTS, "documents", shown)]


def _check(clause: str, question: Promise, about: str, refusal: Refusal | None) -> Check:
    clause = refusal.clause if refusal else clause
    return Check(clause, str(question), passed=not refusal, about=about, refusal=refusal)


def seen_elsewhere(known: "Elsewhere") -> list[Check]:
    """Whether the number or a document came up anywhere else (R6): for a reviewer to judge, no rule."""
    return [
        Check("4.1.a", _("Number given by no other account"), not known.disputed, "identity"),
        Check("4.1.c", _("No document seen elsewhere"), not known.same_file_count, "documents"),
    ]


def elsewhere(application: Application, *, by: Actor, now: datetime) -> Elsewhere:
    """The applicant's other applications, the same files elsewhere, and a dispute over the number (R6)."""
    same = _same_file(application)
    may_open = set(
        visible(by, karachi_date(now))
        .filter(Q(person=application.person_id) | same)
        .values_list("pk", flat=True)
    )
    others = Application.objects.submitted().exclude(pk=application.pk)
    earlier = list(
        others.filter(person=application.person_id)
        .select_related("university", "cohort")
        .order_by("-submitted_at", "-id")
    )
    same_file = list(
        others.exclude(person=application.person_id)
        .filter(same)
        .select_related("person", "university")
        .annotate(files=Count("documents"))
        .order_by("id")
    )
    return Elsewhere(
        earlier=[one for one in earlier if one.pk in may_open],
        hidden=[one for one in earlier if one.pk not in may_open],
        same_file=[one for one in same_file if one.pk in may_open],
        same_file_hidden=sum(one.pk not in may_open for one in same_file),
        disputed=Dispute.objects.filter(
            Q(application=application) | Q(claim=application.identity_id), settled_at=None
        ).exists(),
    )


def _same_file(application: Application) -> Q:
    """Applications with a document that came as the same bytes, or was made into the same."""
    known = {
        sha256
        for hashes in application.documents.accepted().values_list("sha256", "uploaded_sha256")
        for sha256 in hashes
        if sha256
    }
    return Q(
        pk__in=Document.objects.accepted()
        .filter(Q(sha256__in=known) | Q(uploaded_sha256__in=known))
        .values("application")
    )
