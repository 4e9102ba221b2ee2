"""The policy clause by clause: HEC's words, and one plain sentence for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from dlsei.policy.wording import gettext_noop as _


@dataclass(frozen=True)
class Clause:
    """A clause: `text` as HEC wrote it (" … " where words are left out), `plain` untranslated.

    `plain` names no date and no number: those are the programme's, see `figures`.
    """

    id: str
    text: str
    plain: str


_ROWS = (
    Clause(
        "1.a",
        "18K Licenses will be provided to users on the first come first serve basis. … "
        "The first cohort will commence from 1st week of January 2023 will end on 31st July 2023.",
        _(
            "Licenses of Cohort I go to those who apply first, "
            "and end with the last day of the cohort."
        ),
    ),
    Clause(
        "1.b",
        "And 2k licenses will be added in this cohort from February 14, 2022.",
        _(
            "Licenses can be added to a cohort while it runs; they count from a day of their own on."
        ),
    ),
    Clause(
        "1.c",
        "The second cohort will begin from 1st August 2023 and will end 14th February 2024 "
        "of 26k Licenses.",
        _("Cohort II has licenses of its own; they end with the last day of the cohort."),
    ),
    Clause(
        "2.a",
        "Users who have registered and paid in 2021 and had activated their Coursera license as "
        "well their license will be revoked with the ending date of first cohort i.e., "
        "July 31st, 2023.",
        _("A license that was paid for in 2021 ends with Cohort I."),
    ),
    Clause(
        "2.b",
        "Users who have registered and paid in 2022 and had activated their Coursera license as "
        "well; their License will end with the second cohort ending date February 14th, 2024.",
        _("A license that was paid for in 2022 ends with Cohort II."),
    ),
    Clause(
        "3.a",
        "Students, Faculty members and Staff of HEC's recognized public and private universities "
        "are eligible to apply, including HEC employees.",
        _(
            "Students, faculty and staff of universities that HEC recognizes, "
            "and HEC's own employees, may apply."
        ),
    ),
    Clause(
        "3.b",
        "External organizations' and Alumni are not included in this Cohort.",
        _("Alumni and people from other organizations cannot apply."),
    ),
    Clause(
        "4.1.a",
        "Applicant will get him/ herself register at https://eservices.hec.gov.pk portal of HEC.",
        _("Before you apply, you create an account."),
    ),
    Clause(
        "4.1.b",
        "After registration process, he/ she will fill the e-courses form and submit.",
        _("You fill in the form and submit it, one application at a time."),
    ),
    Clause(
        "4.1.c",
        "A student has to upload a document which will verify him/ her as an active student at "
        "the university. … Admission card … Student card … Transcript of previous semester /term "
        "… Transcript or Certificate of previous education incase he/she is student of first "
        "semester in the university.",
        _(
            "A student shows a document that proves the place at the university, such as a student "
            "card; in the first semester a proof of previous education will do."
        ),
    ),
    Clause(
        "4.1.d",
        "Nominated focal persons of each University will have access to their student's data who "
        "have applied and submitted their e-Courses application.",
        _("A university's focal persons see the submitted applications of their own university."),
    ),
    Clause(
        "4.1.e",
        "The focal person of a university will verify Student's application after reviewing his / "
        "her filled application and the uploaded document.",
        _("A focal person of your university checks your application and your document."),
    ),
    Clause(
        "4.1.f",
        'Initially the status of application will be "Pending". The focal person must change the '
        "application status after viewing it.",
        _("An application is pending until it is approved, rejected or withdrawn."),
    ),
    Clause(
        "4.1.g",
        "On the Approval action, email will be sent to student's registered email address from "
        "the HEC and from Coursera portal with the activation link.",
        _("When your license is issued, HEC and Coursera each send you an invitation by e-mail."),
    ),
    Clause(
        "4.1.h",
        "On clicking the activation link, Student will be redirected to the Coursera Portal, from "
        "where he can start learning by enrolling in the courses.",
        _("The link in your invitation activates your license and takes you to Coursera."),
    ),
    Clause(
        "4.1.i",
        "On the Reject Application action, email will be sent to the Applicant with the reason of "
        "rejection which focal person will be going to enter while rejecting an application.",
        _("If your application is rejected, you are told the reason."),
    ),
    Clause(
        "4.1.j",
        "HEC team also has the access to approve or reject the student's application. And this "
        "action will be performed on behalf of the university's focal person and after getting "
        "information required to verify a student application.",
        _(
            "HEC may decide on behalf of a university's focal person, "
            "and records the information on which it does."
        ),
    ),
    Clause(
        "4.1.k",
        "Applications are required to be processed on First come and First serve basis. And the "
        "licenses will be issued in the same manner.",
        _("Applications are decided, and licenses issued, in the order in which they came in."),
    ),
    Clause(
        "4.1.l",
        "It is expected from the focal persons to act on each submitted application within "
        "24hours.",
        _("A focal person should act on an application within hours of its submission."),
    ),
    Clause(
        "4.1.m",
        "eservices portal will remain open till the bucket of licenses will not be used.",
        _("Applications are open as long as licenses are left."),
    ),
    Clause(
        "4.2.a",
        "They need to provide an employment letter or office card for their verification.",
        _(
            "Faculty, staff and HEC employees show a document of their employment, such as an office card."
        ),
    ),
    Clause(
        "4.2.b",
        "The registration process for faculty members and staff is the same as for the students. "
        "… their data will be verified by the focal person of a university and application will "
        "be approved or rejected.",
        _("For faculty and staff everything else is as it is for students."),
    ),
    Clause(
        "5.i",
        "If an applicant doesn't activate his license and didn't enroll himself within the first "
        "15 days of receiving a license invitation link at his / her registered email address.",
        _("A license that is not activated in time after the invitation can be taken back."),
    ),
    Clause(
        "5.ii",
        "If an applicant doesn't perform any activity or enrolled in any of the recommended "
        "courses or any other course within 15 days of receiving a license invitation link.",
        _(
            "A license with which no course is begun in time after the invitation "
            "can be taken back."
        ),
    ),
    Clause(
        "5.iii",
        "If a learner fails to complete a single course from the recommended courses or any "
        "course within the first 30 days of receiving the Coursera license from HEC.",
        _(
            "A license with which no course is completed in time after the invitation "
            "can be taken back."
        ),
    ),
    Clause(
        "5.iv",
        "Incase of non-activity of more than 30 / 60/ 90 days, HEC can revoke user license.",
        _("A license that is not used for a long time can be taken back."),
    ),
    Clause(
        "5.z",
        "In any of the above-mentioned cases, HEC has the right to cancel the license and offer "
        "this opportunity to another eligible user.",
        _("HEC may cancel a license and give it to the next person in line."),
    ),
    Clause(
        "A.0",
        "The timelines of Cohort-II are: Start date: August 01, 2023 End Date: Feb 15, 2024",
        _("Cohort II has a first and a last day; both are days of use."),
    ),
    Clause(
        "A.1",
        "Users of Cohort-I can't apply for Cohort-II. The learners of Cohort-I will be identified "
        "from the Coursera portal data & flagged in the e-services database.",
        _("Whoever used a license of Cohort I cannot apply for Cohort II."),
    ),
    Clause(
        "A.2",
        "Revoked learners will be able to re-apply for Cohort-II; their previous application will "
        "be deactivated but will be available on their dashboard with the revoked status.",
        _(
            "Whoever lost a license of Cohort I may apply again, for Cohort II; "
            "the old application stays on the dashboard as revoked."
        ),
    ),
    Clause(
        "A.3",
        "Priority of approving applications for Coursera license will be as below: … Approved "
        "applications of Cohort-I … Pending applications of Cohort-I … New applications of "
        "Cohort-II … Revoked user of Cohort-I",
        _(
            "In Cohort II the applications approved in Cohort I come first, then those still "
            "pending from Cohort I, then new ones, then those of learners who lost a license."
        ),
    ),
    Clause(
        "A.4",
        "All the paid learners and private organizations' licenses who have paid in year 2022 "
        "will be extended till February 2024.",
        _("Licenses paid for in 2022, those of private organizations too, end with Cohort II."),
    ),
    Clause(
        "A.5",
        "Revocation policy of licenses will be applied on Cohort-II as devised for Cohort-I.",
        _("The rules for taking licenses back are the same in Cohort II."),
    ),
    Clause(
        "A.6",
        "Licenses will be extended till September 30th, 2023, for learners who have achieved 50% "
        "progress completion in specialization and professional courses. (After July 15, 2023)",
        _(
            "Learners who have come far enough in a specialization or a professional certificate "
            "keep their license of Cohort I beyond the end of the cohort."
        ),
    ),
)

CLAUSES: Mapping[str, Clause] = MappingProxyType({row.id: row for row in _ROWS})


def clause(id: str) -> Clause:
    """Return the clause with this id, such as "5.iii"; KeyError when there is none."""
    return CLAUSES[id]
