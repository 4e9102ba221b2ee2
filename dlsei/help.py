"""Help: one page a role, the one source of what the product shows at /help/ and of docs/help/.

The sentences are translated with all others; `manage.py document_help` writes the English ones to docs/help/. The
pictures are taken in the browser by `make pictures`, by their names.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Picture:
    """`name` is the file's, in static/img/help/; `alt` says what it shows."""

    name: str
    alt: Any

    @property
    def path(self) -> str:
        return f"img/help/{self.name}.webp"


@dataclass(frozen=True)
class Section:
    """A heading, what is to be known, what is to be done in which order, and how it looks; `anchor` is linked to."""

    title: Any
    text: tuple[Any, ...] = ()
    steps: tuple[Any, ...] = ()
    picture: Picture | None = None
    anchor: str = ""


@dataclass(frozen=True)
class Help:
    """The page of one role."""

    role: str
    title: Any
    intro: Any
    sections: tuple[Section, ...]


APPLICANT = Help(
    "applicant",
    _("Help for applicants"),
    _("From the question whether you may apply to learning on Coursera."),
    (
        Section(
            _("Apply"),
            (_("It takes about ten minutes, on a phone too. You can stop and go on later."),),
            (
                _("Answer the two questions of “Can I apply?”."),
                _("Create an account; a code goes to your e-mail address. Enter it."),
                _("Fill in the pages of the form. Each is saved when you continue."),
                _("Add one document that shows that you study or work at your university now."),
                _("Check your answers, declare that they are true, and submit."),
            ),
            Picture("task-list", _("The form as a list of tasks, each done or not done yet.")),
        ),
        Section(
            _("See where you stand"),
            (
                _(
                    "Your dashboard says in words where your application is, whose turn it is, by "
                    "when, and what you can do."
                ),
                _(
                    "Applications are decided, and licenses issued, in the order in which they "
                    "came in. If no license is free, you see your place in line."
                ),
            ),
            picture=Picture(
                "dashboard", _("A dashboard: an active license and what to do by which day.")
            ),
        ),
        Section(
            _("When your university asks"),
            (
                _(
                    "Answer in words, with a document, or both. Your application keeps its place "
                    "while it waits for you."
                ),
            ),
            picture=Picture("answer", _("A question of the university, with a field to answer.")),
        ),
        Section(
            _("Activate your license and keep it"),
            (
                _(
                    "Two mails arrive: Coursera's invitation, and HEC's with the link that "
                    "activates your license. Use the same e-mail address on Coursera."
                ),
                _(
                    "A license that is not used goes to the next person in line. Your dashboard "
                    "and our mails name each deadline before it comes."
                ),
            ),
        ),
        Section(
            _("When something goes wrong"),
            (
                _("No mail? Look into the spam folder, then sign in: the dashboard has the link."),
                _(
                    "Signed out in the middle of the form? Sign in again: what you saved is "
                    "there, and what you were about to send is asked for again filled in."
                ),
                _("Rejected? The reason is on your dashboard. You may apply again."),
            ),
        ),
    ),
)

FOCAL_PERSON = Help(
    "focal-person",
    _("Help for focal persons"),
    _("How to decide on the applications of your university, first come first served."),
    (
        Section(
            _("Sign in"),
            (
                _(
                    "HEC invites you by e-mail. The link is for you alone and works once. You set "
                    "up a second factor, an app on your phone that shows a code, before anything else."
                ),
                _("Keep the recovery codes: each lets you in once without the phone."),
            ),
        ),
        Section(
            _("The queue"),
            (
                _(
                    "Applications are grouped by how urgent they are. The first in a group is "
                    "next in turn. What waits for its applicant has stepped aside."
                ),
            ),
            picture=Picture(
                "queue", _("A queue: overdue applications first, then those due later.")
            ),
        ),
        Section(
            _("Decide"),
            (_("A decision is final; the applicant is told at once."),),
            (
                _("Open the next in turn: the document stands beside what the applicant claims."),
                _("Compare name, university and date, and look at the checks."),
                _("Approve it, reject it with a reason, or ask for more."),
                _("The next in turn comes by itself."),
            ),
            Picture("review", _("A review: the document beside the claims, and three buttons.")),
        ),
        Section(
            _("Reasons and questions"),
            (
                _("The applicant reads your reason word for word. Say what has to be put right."),
                _(
                    "If only something is missing, ask: the time in which you have to decide is not "
                    "yours while the applicant is to answer."
                ),
                _("Whoever is decided out of turn needs a reason, which is kept."),
            ),
        ),
        Section(
            _("Filed at the wrong university"),
            (
                _(
                    "Do not reject an application that belongs to another university: its applicant "
                    "would lose their place. Tell HEC instead; only HEC can move it."
                ),
            ),
            (
                _(
                    "Write to HEC, at the address at the foot of this page: the reference, which "
                    "university it belongs to, and what shows it."
                ),
                _(
                    "Go on with the next one. It is decided out of turn: give “told HEC” and the "
                    "reference as the reason."
                ),
                _(
                    "HEC moves the application. It keeps its time and class, leaves your queue, and "
                    "the applicant is told."
                ),
            ),
            anchor="elsewhere",
        ),
        Section(
            _("Time"),
            (
                _(
                    "Each application should be decided within 24 hours (clause 4.1.l). You are "
                    "reminded of overdue ones once a day; later HEC is told."
                ),
            ),
        ),
    ),
)

HEC = Help(
    "hec",
    _("Help for HEC's staff"),
    _("How to answer for every license: queues, seats, cases, imports."),
    (
        Section(
            _("What needs HEC now"),
            (_("Each figure on the home page leads to the list that it counts."),),
            picture=Picture("hec-home", _("HEC's home page: counts that lead to lists.")),
        ),
        Section(
            _("Decide on behalf of a university"),
            (
                _(
                    "Where a university does not decide, remind it, invite another focal person, or "
                    "decide yourself. Write down the information on which you do (clause 4.1.j)."
                ),
            ),
            picture=Picture("hec-queues", _("The queues of all universities by their age.")),
        ),
        Section(
            _("Seats"),
            (
                _(
                    "A free seat goes to the first in line by itself. The bucket shows what is "
                    "held, waiting and free; tranches open on their day."
                ),
            ),
            picture=Picture("hec-bucket", _("The bucket of each cohort and its seats over time.")),
        ),
        Section(
            _("Reports, revocations and cases"),
            (
                _(
                    "Nobody loses a license on old data: a rule waits for a report that is as "
                    "recent as its deadline."
                ),
                _(
                    "A long inactivity opens a case. Confirm or dismiss it with a note; a stopped "
                    "run goes on when you confirm it."
                ),
            ),
        ),
        Section(
            _("Imports"),
            (
                _(
                    "A file is first shown as it would be taken, with the errors of its rows. "
                    "Nothing changes before you confirm; a bad row never blocks good ones."
                ),
            ),
            picture=Picture("hec-imports", _("The imports, and what became of each.")),
        ),
    ),
)

PAGES = {page.role: page for page in (APPLICANT, FOCAL_PERSON, HEC)}


def pictures() -> list[Picture]:
    """Every picture that help shows."""
    return [
        section.picture for page in PAGES.values() for section in page.sections if section.picture
    ]


def document(page: Help, url: Callable[[Picture], str]) -> str:
    """The page as Markdown, with pictures at `url`."""
    lines = [f"# {page.title}", "", str(page.intro), ""]
    for section in page.sections:
        lines += [f"## {section.title}", ""]
        for text in section.text:
            lines += [str(text), ""]
        lines += [f"{number}. {step}" for number, step in enumerate(section.steps, 1)]
        lines += [""] if section.steps else []
        if section.picture:
            lines += [f"![{section.picture.alt}]({url(section.picture)})", ""]
    lines += ["---", "", "Written by `manage.py document_help` from `dlsei/help.py`.", ""]
    return "\n".join(lines)
