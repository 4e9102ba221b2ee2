"""The dashboard's four answers, in words: where am I, whose turn is it, by when, what can I do (4.1.f).

Each status of `queries.Standing` has one function below; all of them answer all four. What happens next is said with
the clause that makes it happen.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.translation import gettext as _

from applications import eligibility
from applications.forms.refusals import in_words
from applications.intake import intake_in_words, may_submit
from applications.models import Application, Dispute, Question
from applications.queries import Standing
from dlsei.models import User
from dlsei.policy.clauses import CLAUSES
from dlsei.policy.expiry import BUCKET
from dlsei.policy.refusals import Refusal
from dlsei.templatetags.components import day, moment

CARRIED_OVER = (1, 2)


@dataclass(frozen=True)
class Link:
    url: str
    text: str


@dataclass(frozen=True)
class Step:
    """What happens next, and the clause by which it does."""

    text: str
    clause: str


@dataclass(frozen=True)
class Explanation:
    """What the dashboard says first: `title` and `text` say where one stands, `turn` who acts next, `by` until when,
    `can` what the person can do now, with the `link` to do it. `quote` is what somebody wrote to them."""

    title: str
    text: str
    turn: str
    by: str
    can: str
    link: Link | None = None
    quote: str = ""
    next: tuple[Step, ...] = ()


@dataclass(frozen=True)
class Case:
    """Whom the answers are for, and when."""

    standing: Standing
    person: User
    today: date

    @property
    def application(self) -> Application:
        assert self.standing.application is not None
        return self.standing.application


def explain(standing: Standing, person: User, today: date) -> Explanation:
    """The four answers for `person`, who stands there `today`."""
    return ANSWERS[standing.status](Case(standing, person, today))


def clause_in_words(clause: str) -> str:
    """A clause as its reader understands it; empty for what is none."""
    return _(CLAUSES[clause].plain) if clause in CLAUSES else ""


def _begin(text: str) -> Link:
    return Link(reverse("apply"), text)


def _none(case: Case) -> Explanation:
    return Explanation(
        title=_("You have not applied yet"),
        text=_("A license is yours to ask for if you study, teach or work at a university."),
        turn=_("You"),
        by=intake_in_words(case.today),
        can=_("Fill in the form; it takes about ten minutes.")
        if may_submit(case.today)
        else _("You can fill in the form now and submit it when applications open."),
        link=_begin(_("Begin your application")),
        next=(_decided_by_university(), _first_come_first_served()),
    )


def _draft(case: Case) -> Explanation:
    application = case.application
    dispute = application.disputes.order_by("-id").first()
    if dispute and dispute.settled_at is None:
        return Explanation(
            title=_("HEC has to look at your application first"),
            text=_(
                "Your answers and documents are kept. HEC checks them before they can go to your "
                "university."
            ),
            turn=_("HEC"),
            by=_("No day is set; HEC writes to you"),
            can=_("Nothing is needed from you now. You can look through what you entered."),
            link=_begin(_("See your application")),
        )
    if dispute and dispute.outcome == Dispute.Outcome.KEPT and _is_the_same(dispute, case.person):
        return Explanation(
            title=_("Look at your CNIC or passport number"),
            text=_(
                "HEC has checked the number in your account and found that it may not be yours. What "
                "you have entered is kept."
            ),
            turn=_("You"),
            by=intake_in_words(case.today),
            can=_("Correct the number, then submit. If it is right, write to HEC with a copy."),
            link=Link(reverse("account"), _("Look at your account")),
            next=(_decided_by_university(), _first_come_first_served()),
        )
    text = _("What you have entered is kept. Nobody but you can see it until you submit it.")
    if dispute and dispute.outcome == Dispute.Outcome.MOVED:
        text = _(
            "HEC has confirmed your number. Once submitted, your application counts from %(at)s."
        )
        text %= {"at": moment(dispute.raised_at)}
    return Explanation(
        title=_("Your application is not submitted yet"),
        text=text,
        turn=_("You"),
        by=intake_in_words(case.today),
        can=_("Complete the form and submit it.")
        if may_submit(case.today)
        else _("Complete the form now; you can submit it when applications open."),
        link=_begin(_("Continue your application")),
        next=(_decided_by_university(), _first_come_first_served()),
    )


def _is_the_same(dispute: Dispute, person: User) -> bool:
    """Whether the person still gives the number that was found to be somebody else's."""
    return dispute.claim_id == person.identity


def _pending(case: Case) -> Explanation:
    standing, application = case.standing, case.application
    assert application.university is not None
    if standing.asked:
        question = Question.objects.open().filter(application=application).get()
        return Explanation(
            title=_("Your university has a question"),
            text=_("The question stands below. Your application keeps its place meanwhile."),
            quote=question.text,
            turn=_("You"),
            by=_("As soon as you can: nothing is decided before"),
            can=_("Answer in words, with a document, or both."),
            link=Link(reverse("answer", args=[application.reference]), _("Answer the question")),
            next=(_decided_by_university(), _first_come_first_served()),
        )
    text = _("It is number %(position)s in the queue of %(university)s.") % {
        "position": standing.position,
        "university": application.university,
    }
    by = moment(standing.due_at)
    if standing.overdue:
        by = _("It was due on %(moment)s; your university is reminded of it.")
        by %= {"moment": moment(standing.due_at)}
    return Explanation(
        title=_("Your application is with your university"),
        text=text,
        turn=_("The focal person of your university"),
        by=by,
        can=_("Nothing is needed from you now. You can withdraw the application."),
        next=(
            *_carried(application.priority),
            _late() if standing.overdue else _decided_by_university(),
            _first_come_first_served(),
        ),
    )


def _carried(priority: int) -> tuple[Step, ...]:
    if priority not in CARRIED_OVER:
        return ()
    text = _("It was carried over with priority P%(priority)s and has kept its time.")
    return (Step(text % {"priority": priority}, "A.3"),)


def _waiting(case: Case) -> Explanation:
    standing = case.standing
    text = _("You are number %(position)s in the line of %(cohort)s.") % {
        "position": standing.position,
        "cohort": standing.cohort,
    }
    return Explanation(
        title=_("Your application is approved; you are in line for a license"),
        text=text,
        turn=_("HEC: every free license goes to the first in line"),
        by=_("When a license becomes free for you; we write to you then"),
        can=_("Nothing is needed from you. Your place is kept."),
        next=(
            *_carried(standing.priority),
            _first_come_first_served(),
            _invited_by_two_mails(),
        ),
    )


def _approved(case: Case) -> Explanation:
    return Explanation(
        title=_("Your application is approved"),
        text=_("Your license follows."),
        turn=_("HEC"),
        by=_("Within a few minutes, as a rule"),
        can=_("Nothing is needed from you now."),
        next=(_invited_by_two_mails(),),
    )


def _issued(case: Case) -> Explanation:
    return Explanation(
        title=_("You have a license; your invitation is on its way"),
        text=_("Coursera and HEC each send you an e-mail. The link in HEC's activates it."),
        turn=_("HEC and Coursera"),
        by=_("Within a day, as a rule"),
        can=_("Watch the inbox of %(email)s, and its spam folder.") % {"email": case.person.email},
        next=(_invited_by_two_mails(), Step(clause_in_words("5.i"), "5.i")),
    )


def _until_end_of(on: date | None) -> str:
    return _("By the end of %(day)s") % {"day": day(on)} if on else _("No day is set")


def _invited(case: Case) -> Explanation:
    license = case.standing.license
    assert license is not None
    return Explanation(
        title=_("Activate your license"),
        text=_("Your license is ready. Until it is activated you cannot learn with it."),
        turn=_("You"),
        by=_until_end_of(case.standing.deadline),
        can=_("Open the link in HEC's invitation, or use the button here."),
        link=Link(reverse("activate", args=[license.token]), _("Activate and open Coursera")),
    )


def _active(case: Case) -> Explanation:
    standing, license = case.standing, case.standing.license
    assert license is not None
    to_do = {
        "5.i": _("Activate your license."),
        "5.ii": _("Enroll in a course."),
        "5.iii": _("Complete a course."),
        "5.iv": _("Learn something on Coursera."),
    }
    text = _("You can learn on Coursera until the end of %(day)s.") % {"day": day(standing.ends)}
    if license.source != BUCKET:
        text += " " + _("It was paid for; no deadline ends it earlier.")
    elif license.extended:
        text += " " + _("It was extended because you have come far (A.6).")
    if standing.has_open_case:
        return Explanation(
            title=_("HEC decides whether you keep your license"),
            text=_("It was not used for long."),
            turn=_("HEC, unless you settle it first"),
            by=_("No day is set: the sooner, the better"),
            can=_("Learn something on Coursera: once Coursera reports it, you keep the license."),
            link=Link(reverse("activate", args=[license.token]), _("Open Coursera")),
            next=(Step(clause_in_words("5.iv"), "5.iv"),),
        )
    return Explanation(
        title=_("Your license is active"),
        text=text,
        turn=_("You"),
        by=_until_end_of(standing.deadline or standing.ends),
        can=to_do.get(standing.next_clause, _("Learn on Coursera as much as you like.")),
        link=Link(reverse("activate", args=[license.token]), _("Open Coursera")),
    )


def _again(case: Case) -> dict[str, str | Link | None]:
    """The last three answers when something has ended: whether one may apply again (R13, R18)."""
    no = _why_not_again(case)
    if no is not None:
        return {
            "turn": _("Nobody: this is closed"),
            "by": _("No day is set"),
            "can": in_words(no),
            "link": None,
        }
    if not may_submit(case.today):
        return {
            "turn": _("You, if you want to apply again"),
            "by": intake_in_words(case.today),
            "can": _("You can fill in the form now and submit it when applications open."),
            "link": _begin(_("Prepare an application")),
        }
    return {
        "turn": _("You, if you want to apply again"),
        "by": intake_in_words(case.today),
        "can": _("Apply again. A new application gets a new place in the queue."),
        "link": _begin(_("Apply again")),
    }


def _why_not_again(case: Case) -> Refusal | None:
    newest = case.standing.application
    category, university = (
        (newest.category, newest.university) if newest else (Application.Category.STUDENT, None)
    )
    return eligibility.before_the_form(category, university, person=case.person, today=case.today)


def _rejected(case: Case) -> Explanation:
    decision = getattr(case.application, "decision", None)
    return _ended(
        case,
        _("Your application was rejected"),
        _("The reason that was given stands below (4.1.i)."),
        quote=decision.reason if decision else "",
    )


def _withdrawn(case: Case) -> Explanation:
    return _ended(
        case, _("You withdrew your application"), _("Nothing is decided about it any more.")
    )


def _lapsed(case: Case) -> Explanation:
    return _ended(
        case,
        _("Your application has lapsed"),
        _("The programme ended before you could be given a license."),
    )


def _revoked(case: Case) -> Explanation:
    text = _("By clause %(clause)s: %(words)s") % {
        "clause": case.standing.clause,
        "words": clause_in_words(case.standing.clause),
    }
    return _ended(case, _("Your license was revoked"), text)


def _expired(case: Case) -> Explanation:
    text = _("Its last day was %(day)s.") % {"day": day(case.standing.ends)}
    return _ended(case, _("Your license has expired"), text)


def _ended(case: Case, title: str, text: str, quote: str = "") -> Explanation:
    return Explanation(title=title, text=text, quote=quote, **_again(case))  # type: ignore[arg-type]


def _decided_by_university() -> Step:
    return Step(clause_in_words("4.1.e"), "4.1.e")


def _late() -> Step:
    return Step(clause_in_words("4.1.j"), "4.1.j")


def _first_come_first_served() -> Step:
    return Step(clause_in_words("4.1.k"), "4.1.k")


def _invited_by_two_mails() -> Step:
    return Step(clause_in_words("4.1.g"), "4.1.g")


ANSWERS: dict[str, Callable[[Case], Explanation]] = {
    "none": _none,
    "draft": _draft,
    "pending": _pending,
    "waiting": _waiting,
    "approved": _approved,
    "issued": _issued,
    "invited": _invited,
    "active": _active,
    "rejected": _rejected,
    "withdrawn": _withdrawn,
    "lapsed": _lapsed,
    "revoked": _revoked,
    "expired": _expired,
}
