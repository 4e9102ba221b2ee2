"""What the sandbox's admin portal takes and gives as files: the organisation's CSV route.

The archive is in the current layout of Coursera's activity export. Its specialization sheet is the
older layout's, since the current one has none, with the progress column that the API has too.
"""

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from typing import TextIO

from licensing.coursera.sandbox import (
    COURSES_IN_SPECIALIZATION,
    DELETED,
    INVITED,
    MEMBER,
    SPECIALIZATION,
    NotPossible,
    Sandbox,
    slug,
)
from licensing.coursera.sandbox_records import Enrollment, Person

COURSE_HEADER = [
    "Name",
    "Email",
    "External ID",
    "Course",
    "Course ID",
    "Course Slug",
    "University",
    "Enrollment Time",
    "Last Course Activity Time",
    "Overall Progress",
    "Completed",
    "Removed From Program",
    "Program Slug",
    "Program Name",
    "Completion Time",
    "Course Type",
]
SPECIALIZATION_HEADER = [
    "Name",
    "Email",
    "External ID",
    "Specialization",
    "Specialization Slug",
    "University",
    "Enrollment Time",
    "Last Specialization Activity Time",
    "Overall Progress",
    "# Completed Courses",
    "# Courses in Specialization",
    "Completed",
    "Removed From Program",
    "Program Slug",
    "Program Name",
    "Specialization Completion Time",
]
PROGRAM_HEADER = [
    "Name",
    "Email",
    "External ID",
    "Program Name",
    "Program Slug",
    "# Enrolled Courses",
    "# Completed Courses",
    "Member State",
    "Join Date",
    "Invitation Date",
    "Last Program Activity Date",
]
STATE_WORDS = {INVITED: "Invited", MEMBER: "Member", DELETED: "Deleted Member"}


def take_bulk_invites(sandbox: Sandbox, program_id: str, file: TextIO) -> list[str]:
    """Invite everybody in a bulk-invite file; returns a line for each who was refused."""
    refused = []
    for row in csv.DictReader(file):
        email = row["Email"].strip()
        try:
            sandbox.invite(program_id, row["External ID"].strip() or email, row["Full Name"], email)
        except NotPossible as refusal:
            refused.append(f"{email}: {refusal.code}")
    return refused


def activity_archive(sandbox: Sandbox) -> bytes:
    """The ZIP of activity as of now, less the lag, as HEC would download it."""
    with sandbox.lock:
        as_of = sandbox.report_as_of()
        rows = sandbox.reported(deleted=True)
        sheets: dict[str, list[Sequence[object]]] = {
            "CourseActivity": [
                COURSE_HEADER,
                *(
                    _course(sandbox, person, enrollment, as_of)
                    for person, enrollment in rows
                    if enrollment.content_type != SPECIALIZATION
                ),
            ],
            "SpecializationActivity": [
                SPECIALIZATION_HEADER,
                *(
                    _specialization(sandbox, person, enrollment, as_of)
                    for person, enrollment in rows
                    if enrollment.content_type == SPECIALIZATION
                ),
            ],
            "ProgramActivity": [
                PROGRAM_HEADER,
                *(
                    _program(sandbox, person, as_of)
                    for person in sandbox.people.values()
                    if person.state in STATE_WORDS
                ),
            ],
        }
    stamp = f"CourseraEnterpriseExport {as_of:%Y-%m-%d %H-%M-%S} UTC"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for kind, lines in sheets.items():
            text = io.StringIO(newline="")
            csv.writer(text).writerows(lines)
            archive.writestr(f"{kind} sandbox - {stamp}.csv", text.getvalue())
    return out.getvalue()


def _course(
    sandbox: Sandbox, person: Person, enrollment: Enrollment, as_of: datetime
) -> list[object]:
    completed_at = enrollment.completed_at(as_of)
    below = sandbox.faults.completed_below_100 and completed_at
    return [
        *_who(person),
        enrollment.name,
        enrollment.content_id,
        slug(enrollment.name),
        "Sandbox University",
        _time(enrollment.enrolled_at),
        _last_activity(sandbox, enrollment, as_of),
        92.35 if below else enrollment.progress(as_of),
        _yes(completed_at),
        _yes(person.state != MEMBER),
        *_where(sandbox, person),
        _time(completed_at),
        "Course",
    ]


def _specialization(
    sandbox: Sandbox, person: Person, enrollment: Enrollment, as_of: datetime
) -> list[object]:
    completed_at, progress = enrollment.completed_at(as_of), enrollment.progress(as_of)
    return [
        *_who(person),
        enrollment.name,
        slug(enrollment.name),
        "Sandbox University",
        _time(enrollment.enrolled_at),
        _last_activity(sandbox, enrollment, as_of),
        progress,
        int(progress * COURSES_IN_SPECIALIZATION / 100),
        COURSES_IN_SPECIALIZATION,
        _yes(completed_at),
        _yes(person.state != MEMBER),
        *_where(sandbox, person),
        _time(completed_at),
    ]


def _program(sandbox: Sandbox, person: Person, as_of: datetime) -> list[object]:
    courses = [e for e in person.enrollments.values() if e.enrolled_at <= as_of]
    active = [e.last_activity_at(as_of) or e.enrolled_at for e in courses]
    name, program_slug = reversed(_where(sandbox, person))
    return [
        *_who(person),
        name,
        program_slug,
        len(courses),
        sum(e.completed_at(as_of) is not None for e in courses),
        STATE_WORDS[person.state],
        _time(person.joined_at),
        _time(person.invited_at),
        _time(max(active, default=None)),
    ]


def _who(person: Person) -> list[str]:
    return [person.full_name, person.email, person.external_id]


def _where(sandbox: Sandbox, person: Person) -> list[str]:
    name = sandbox.programs[person.program_id]
    return [slug(name), name]


def _last_activity(sandbox: Sandbox, enrollment: Enrollment, as_of: datetime) -> str:
    hidden = sandbox.faults.without_last_activity
    return "" if hidden else _time(enrollment.last_activity_at(as_of))


def _time(at: datetime | None) -> str:
    return "" if at is None else at.replace(microsecond=0, tzinfo=None).isoformat()


def _yes(value: object) -> str:
    return "Yes" if value else "No"
