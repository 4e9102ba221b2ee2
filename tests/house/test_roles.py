"""Who opens which address: every address of the product × every role, by GET and by POST (I9, I10).

The addresses come from the URLconf. One that is not in `ACCESS` fails the first test, so nobody adds a page
without saying who may open it. Besides the status, no body may hold a name, address or CNIC that the role
must not see.
"""

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse
from django.urls.resolvers import URLResolver

from applications import submission
from applications.models import Application, Dispute
from dlsei.models import Mail, User
from licensing import bulk_invites, imports
from licensing.models import (
    Allocation,
    Cohort,
    CourseraJob,
    Import,
    License,
    Report,
    RevocationRun,
    UnmatchedRow,
)
from tests.factories import (
    NOW,
    FocalPersonFactory,
    HecFactory,
    UserFactory,
    approved,
    draft,
    licensed,
    submitted,
)
from verification import decisions, staff_invitations, staff_lists, what_if
from verification.models import FocalPerson, Invitation, StaffList, WhatIf

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]

ROLES = (
    "anonymous",
    "owner",
    "stranger",
    "focal",
    "foreign focal",
    "former focal",
    "hec",
    "superuser",
)
EVERYBODY = frozenset(ROLES)
SIGNED_IN = EVERYBODY - {"anonymous"}
OWNER = frozenset({"owner"})
REVIEWERS = frozenset({"focal", "hec"})
PORTAL = REVIEWERS | {"foreign focal"}
HEC = frozenset({"hec"})
SUPERUSER = frozenset({"superuser"})

# Who may open it. Whose the thing in the address is, says `World.address`.
ACCESS: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        [
            "start",
            "can_i_apply",
            "policy",
            "public_numbers",
            "help",
            "help_page",
            "activate",
            "set_language",
            "invitation",
            "too_large",
            "livez",
            "readyz",
            "metrics",
        ],
        EVERYBODY,
    ),
    **dict.fromkeys(
        [
            "account_login",
            "account_logout",
            "account_inactive",
            "account_signup",
            "account_email_verification_sent",
            "account_reset_password",
            "account_confirm_login_code",
            "account_confirm_password_reset_code",
            "account_complete_password_reset",
            "account_password_reset_completed",
            "account_request_login_code",
            "mfa_authenticate",
        ],
        EVERYBODY,
    ),
    **dict.fromkeys(
        [
            "home",
            "dashboard",
            "account",
            "account_email",
            "account_reauthenticate",
            "account_change_password",
            "account_set_password",
            "mfa_index",
            "mfa_reauthenticate",
            "mfa_activate_totp",
            "mfa_deactivate_totp",
            "mfa_view_recovery_codes",
            "mfa_generate_recovery_codes",
            "mfa_download_recovery_codes",
        ],
        SIGNED_IN,
    ),
    # One's own draft, whoever one is: without one, the page leads elsewhere or does not exist.
    **dict.fromkeys(
        [
            "apply",
            "apply_role",
            "apply_university",
            "apply_details",
            "apply_documents",
            "apply_check",
        ],
        SIGNED_IN,
    ),
    **dict.fromkeys(
        ["document_remove", "receipt", "application", "withdraw", "answer", "license"], OWNER
    ),
    **dict.fromkeys(["document", "document_page"], OWNER | REVIEWERS),
    "admin_home": PORTAL,
    **dict.fromkeys(["queue", "next_in_turn", "decided", "numbers"], REVIEWERS),
    **dict.fromkeys(["review", "meanwhile", "approve", "reject", "ask"], REVIEWERS),
    "keyboard": PORTAL,
    **dict.fromkeys(
        [
            "hec_home",
            "hec_queues",
            "hec_search",
            "hec_universities",
            "hec_university_add",
            "hec_university",
            "hec_nominate",
            "hec_recognition",
            "hec_focal_end",
            "hec_focal_suspend",
            "hec_focal_replace",
            "hec_staff",
            "hec_staff_suspend",
            "hec_factor_reset",
            "hec_staff_lists",
            "hec_staff_list",
            "hec_invitations",
            "hec_invitation_again",
            "hec_invitation_withdraw",
            "hec_application",
            "hec_transfer",
            "hec_address",
            "hec_disputes",
            "hec_dispute",
            "hec_bucket",
            "hec_ledger",
            "hec_allocation",
            "hec_cohorts",
            "hec_tranche_add",
            "hec_cases",
            "hec_case",
            "hec_cases_decide",
            "hec_clocks",
            "hec_extensions",
            "hec_what_ifs",
            "hec_what_if_ask",
            "hec_what_if",
            "hec_invited",
            "hec_invite_again",
            "hec_history",
            "hec_numbers",
            "hec_close",
            "hec_close_list",
            "hec_health",
            "hec_license_revoke",
            "hec_runs",
            "hec_run_confirm",
            "hec_outbox",
            "hec_mail_again",
            "hec_job_again",
            "hec_reports",
            "hec_report",
            "hec_invites",
            "hec_invites_file",
            "hec_invites_uploaded",
            "hec_policy",
            "hec_imports",
            "hec_import",
            "hec_import_list",
            "hec_cohort_users",
            "hec_row_match",
            "hec_removals",
            "hec_removals_file",
            "hec_removals_done",
            "styleguide",
            "styleguide_dialog",
            "styleguide_mail",
        ],
        HEC,
    ),
}
# Pages that answer 404 also to whom they belong, when there is nothing (a draft, a factor) to show.
MAY_BE_EMPTY = {name for name in ACCESS if name.startswith(("apply", "mfa_"))}


def addresses(
    resolver: URLResolver | None = None, prefix: str = "", space: str = ""
) -> Iterator[tuple[str, str]]:
    """Every (name, route) of the URLconf; names of Django's admin begin with `admin:`."""
    for pattern in (resolver or get_resolver()).url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            yield space + (pattern.name or ""), route
        else:
            inner = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from addresses(pattern, route, space + inner)


@dataclass
class World:
    """One university's people and things, and one foreign applicant."""

    applicant: User
    drafter: User
    learner: User
    focal_person: FocalPerson
    foreign: FocalPerson
    former: FocalPerson
    elsewhere: User
    officer: User
    people: dict[str, User | None]

    def owner(self, name: str) -> User:
        if name == "license":
            return self.learner
        return (
            self.drafter
            if name.startswith("apply") or name == "document_remove"
            else self.applicant
        )

    def sign_in(self, client: Client, role: str, name: str) -> None:
        person = self.owner(name) if role == "owner" else self.people[role]
        client.cookies.clear()
        if person:
            client.force_login(person)
            session = client.session
            session["second_factor"] = True
            session.save()

    def markers(self, role: str) -> list[str]:
        """What must never be in a body that this role gets."""
        ours = [self.applicant, self.learner]
        hidden = {
            "hec": [self.drafter],
            "focal": [self.drafter, self.elsewhere],
            "foreign focal": [self.drafter, *ours],
            "owner": [self.elsewhere],
            # The superuser's own admin shows addresses of accounts, and nothing of applications.
            "superuser": [],
        }.get(role, [self.drafter, self.elsewhere, *ours])
        return [
            marker
            for person in hidden
            for marker in (person.full_name, person.email, person.identity_number)
        ]

    def address(self, name: str, route: str) -> str:
        if name.startswith("admin:"):
            known = {"<path:object_id>": "1", "<path:content_type_id>": "1"}
            for placeholder, value in known.items():
                route = route.replace(placeholder, value)
            return "/" + route.replace("^(?P<app_label>auth|account|mfa)/$", "auth/").replace(
                "(?P<url>.*)$", "x"
            )
        return reverse(name, kwargs=self.arguments(name))

    def arguments(self, name: str) -> dict[str, Any]:
        pending = Application.objects.get(person=self.applicant)
        license = License.objects.get()
        of = {
            "university": {"university": self.focal_person.university_id},
            "application": {"reference": pending.reference},
            "license": {"reference": license.reference},
            "focal person": {"pk": self.focal_person.pk},
            "its university": {"pk": self.focal_person.university_id},
            "file": {"name": CourseraJob.objects.get(kind="invite").file},
            "list": {"name": CourseraJob.objects.get(kind="remove").file},
        }
        return {
            "activate": {"token": license.token},
            "document": {"public_id": pending.documents.get().public_id},
            "document_page": {"public_id": pending.documents.get().public_id, "number": 1},
            "document_remove": {
                "public_id": Application.objects.get(person=self.drafter).documents.get().public_id
            },
            "license": of["license"],
            "queue": of["university"],
            "next_in_turn": of["university"],
            "decided": of["university"],
            "numbers": of["university"],
            **dict.fromkeys(
                [
                    "receipt",
                    "application",
                    "withdraw",
                    "answer",
                    "review",
                    "meanwhile",
                    "approve",
                    "reject",
                    "ask",
                    "hec_application",
                    "hec_transfer",
                ],
                of["application"],
            ),
            **dict.fromkeys(
                ["hec_university", "hec_nominate", "hec_recognition"], of["its university"]
            ),
            **dict.fromkeys(
                ["hec_focal_end", "hec_focal_suspend", "hec_focal_replace"], of["focal person"]
            ),
            "hec_staff_list": {"pk": StaffList.objects.get().pk},
            "hec_staff_suspend": {"pk": self.officer.pk},
            "hec_factor_reset": {"pk": self.focal_person.person_id},
            **dict.fromkeys(
                ["hec_invitation_again", "hec_invitation_withdraw"],
                {"pk": Invitation.objects.get().pk},
            ),
            "invitation": {"token": Invitation.objects.get().token},
            **dict.fromkeys(
                ["hec_ledger", "hec_tranche_add", "hec_close"], {"pk": license.cohort_id}
            ),
            "hec_what_if": {"pk": WhatIf.objects.get().pk},
            "hec_close_list": {"pk": license.cohort_id, "which": "expire"},
            "hec_allocation": {"pk": Allocation.objects.get().pk},
            "hec_address": {"pk": self.learner.pk},
            "help_page": {"role": "applicant"},
            "styleguide_mail": {"kind": "license-invitation", "language": "ur"},
            "hec_dispute": {"pk": Dispute.objects.get().pk},
            **dict.fromkeys(["hec_case", "hec_license_revoke", "hec_invite_again"], of["license"]),
            "hec_run_confirm": {"pk": RevocationRun.objects.get().pk},
            "hec_mail_again": {"pk": Mail.objects.earliest("id").pk},
            "hec_job_again": {"pk": CourseraJob.objects.get(kind="invite").pk},
            "hec_report": {"pk": Report.objects.get().pk},
            "hec_import": {"pk": Import.objects.get().pk},
            "hec_import_list": {"pk": Import.objects.get().pk, "what": "errors"},
            "hec_row_match": {"pk": UnmatchedRow.objects.get().pk},
            **dict.fromkeys(["hec_removals_file", "hec_removals_done"], of["list"]),
            **dict.fromkeys(["hec_invites_file", "hec_invites_uploaded"], of["file"]),
        }.get(name, {})


@pytest.fixture
def world(settings: Any) -> World:
    settings.COURSERA_MODE = "csv"
    focal_person = FocalPersonFactory(person__full_name="Focal of ours")
    university = focal_person.university
    foreign = FocalPersonFactory(person__full_name="Focal of theirs")
    former = FocalPersonFactory(
        university=university,
        person__full_name="Former of ours",
        since=NOW.date() - timedelta(days=9),
        until=NOW.date() - timedelta(days=1),
    )
    learner = UserFactory(full_name="Marker Learner")
    licensed(approved(submitted(learner, university), by=focal_person.person))
    applicant = UserFactory(full_name="Marker Applicant")
    pending = submitted(applicant, university)
    decisions.ask(pending, text="Which semester?", by=focal_person.person, now=NOW)
    elsewhere = UserFactory(full_name="Marker Elsewhere")
    submitted(elsewhere, foreign.university)
    drafter = UserFactory(full_name="Marker Drafter")
    draft(drafter, university)
    hec = HecFactory()
    disputed = UserFactory(
        full_name="Second of a number", identity_number=elsewhere.identity_number
    )
    submission.submit(draft(disputed, foreign.university), by=disputed, now=NOW)
    RevocationRun.objects.create(
        cohort=Cohort.objects.named("Cohort I"), would_revoke=900, live=1000, stopped_at=NOW
    )
    report = Report.objects.create(source="api", as_of=NOW, imported_at=NOW)
    UnmatchedRow.objects.create(report=report, external_id="", email="x@example.com")
    file = io.BytesIO(b"Full Name,Email,Year,Activated\n")
    imports.upload(file, "paid", "paid.csv", by=hec, now=NOW)
    bulk_invites.take(by=hec, now=NOW)
    staff = io.BytesIO(b"University,Full Name,Email\n")
    staff_lists.keep(staff, "staff.csv", by=hec, now=NOW)
    what_if.ask_figures("Later", {"queue": {"due_hours": 48}}, by=hec, now=NOW)
    staff_invitations.invite("invited@example.pk", "Invited", university, by=hec, now=NOW)
    CourseraJob.objects.create(
        license=License.objects.get(),
        kind="remove",
        email=learner.email,
        created_at=NOW,
        due_at=NOW,
        file="removals-1",
    )
    return World(
        applicant=applicant,
        drafter=drafter,
        learner=learner,
        focal_person=focal_person,
        foreign=foreign,
        former=former,
        elsewhere=elsewhere,
        officer=HecFactory(),
        people={
            "anonymous": None,
            "stranger": UserFactory(),
            "focal": focal_person.person,
            "foreign focal": foreign.person,
            "former focal": former.person,
            "hec": hec,
            "superuser": User.objects.create_superuser("root@example.pk", "a passphrase"),
        },
    )


def test_every_address_says_who_may_open_it():
    unknown = [
        f"{name} {route}"
        for name, route in addresses()
        if name not in ACCESS and not name.startswith("admin:")
    ]
    gone = set(ACCESS) - {name for name, _ in addresses()}
    assert unknown == []
    assert gone == set()


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_role_opens_what_it_may_and_sees_nothing_foreign(world, role, method):
    wrong = []
    client = Client(raise_request_exception=False)
    for name, route in addresses():
        address = world.address(name, route)
        with transaction.atomic():
            world.sign_in(client, role, name)
            response = getattr(client, method)(address)
            body = body_of(response)
            transaction.set_rollback(True)
        said = f"{role} {method} {name} {address}: {response.status_code} {response.headers.get('Location', '')}"
        if response.status_code >= 500 or not as_expected(role, name, response):
            wrong.append(said)
        wrong += [f"{said}: shows {marker}" for marker in world.markers(role) if marker in body]
    assert wrong == []


def body_of(response: Any) -> str:
    content = b"".join(response.streaming_content) if response.streaming else response.content
    return content.decode(errors="replace")


def as_expected(role: str, name: str, response: Any) -> bool:
    location = response.headers.get("Location", "")
    refused = response.status_code in (403, 404)
    no_such_method = response.status_code == 405
    to_sign_in = response.status_code == 302 and location.startswith(
        (reverse("account_login"), reverse("admin:login"), reverse("admin:index"))
    )
    if name.startswith("admin:"):
        return role in SUPERUSER or refused or to_sign_in
    if role not in ACCESS[name]:
        if role == "anonymous" and not name.startswith("styleguide"):
            return to_sign_in
        return refused or no_such_method
    if ACCESS[name] is EVERYBODY:
        return not refused
    return not to_sign_in and (not refused or name in MAY_BE_EMPTY)
