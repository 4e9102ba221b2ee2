"""What a reviewer has to check of an application, each with its clause, and what else is known of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Exists, OuterRef, Q
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from applications import eligibility
from applications.models import Application, Document
from dlsei.history import Actor
from dlsei.policy import eligibility as policy
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.refusals import Refusal
from licensing.models import Programme
from verification.permissions import visible

# Refusal → its clause, what must hold, what is said when it does not, and the claim beside which it is shown.
QUESTIONS = {
    "category-not-eligible": (
        "3.b",
        gettext_lazy("Student, faculty, staff or HEC employee"),
        gettext_lazy("Neither student, faculty, staff nor HEC employee"),
        "category",
    ),
    "institution-not-recognized": (
        "3.a",
        gettext_lazy("Institution recognized by HEC"),
        gettext_lazy("Institution not recognized by HEC"),
        "university",
    ),
    "already-applied": (
        "4.1.b",
        gettext_lazy("No other application or license"),
        gettext_lazy("Another application or license is open"),
        "others",
    ),
    "revoked-in-this-cohort": (
        "A.2",
        gettext_lazy("No license revoked in this cohort"),
        gettext_lazy("A license was revoked in this cohort"),
        "others",
    ),
    "cohort-user": (
        "A.1",
        gettext_lazy("No license of an earlier cohort"),
        gettext_lazy("Had a license of an earlier cohort"),
        "others",
    ),
}
DOCUMENTS = (
    gettext_lazy("At least one document of an accepted kind"),
    gettext_lazy("No document of an accepted kind"),
)


@dataclass(frozen=True)
class Check:
    """One thing to check: its clause, what must hold, and what the rules say of it.

    `otherwise` says that it does not hold, so that nobody reads a failed check as a fact. `about` names the claim
    that it is about, `refusal` says why it fails.
    """

    clause: str
    question: str
    otherwise: str
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


def of(application: Application, documents: Sequence[Document]) -> list[Check]:
    """Every rule on who may have a license, judged on what is known now (3.a–3.b, R5, R7, R18).

    `documents` are its accepted ones.
    """
    assert application.cohort is not None
    programme = Programme.in_force().policy
    facts = eligibility.facts(
        application.person,
        application.category,
        application.university,
        documents=[document.kind for document in documents],
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
    return [*checks, _check(clause, *DOCUMENTS, "documents", shown)]


def _check(
    clause: str, question: Promise, otherwise: Promise, about: str, refusal: Refusal | None
) -> Check:
    clause = refusal.clause if refusal else clause
    return Check(clause, str(question), str(otherwise), not refusal, about=about, refusal=refusal)


def seen_elsewhere(known: "Elsewhere") -> list[Check]:
    """Whether the number or a document came up anywhere else (R6): for a reviewer to judge, no rule."""
    return [
        Check(
            "4.1.a",
            _("Number given by no other account"),
            _("Another account gave this number"),
            not known.disputed,
            "identity",
        ),
        Check(
            "4.1.c",
            _("No document seen elsewhere"),
            _("A document was seen elsewhere"),
            not known.same_file_count,
            "documents",
        ),
    ]


def elsewhere(
    application: Any, documents: Sequence[Document], *, by: Actor, now: datetime
) -> Elsewhere:
    """The applicant's other applications, the same files elsewhere, and a dispute over the number (R6).

    `application` comes with `with_dispute()`.

    The same is what came as the same bytes as one of `documents`, or was made into the same.
    """
    known = {sha256 for d in documents for sha256 in (d.sha256, d.uploaded_sha256) if sha256}
    same = Document.objects.accepted().filter(Q(sha256__in=known) | Q(uploaded_sha256__in=known))
    others = list(
        Application.objects.submitted()
        .exclude(pk=application.pk)
        .filter(Q(person=application.person_id) | Q(pk__in=same.values("application")))
        .annotate(may_open=Exists(visible(by, karachi_date(now)).filter(pk=OuterRef("pk"))))
        .select_related("person", "university", "cohort")
        .order_by("-submitted_at", "-id")
    )
    earlier = [one for one in others if one.person_id == application.person_id]
    same_file = [one for one in others if one.person_id != application.person_id]
    return Elsewhere(
        earlier=[one for one in earlier if one.may_open],
        hidden=[one for one in earlier if not one.may_open],
        same_file=[one for one in same_file if one.may_open],
        same_file_hidden=sum(not one.may_open for one in same_file),
        disputed=application.disputed,
    )
