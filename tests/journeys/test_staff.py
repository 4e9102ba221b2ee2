"""An invitation, a second factor set up for real, a recovery code; and HEC inviting, replacing, settling."""

from datetime import date
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import (
    format_hotp_value,
    hotp_value,
    yield_hotp_counters_from_time,
)
from django.core import mail
from django.utils import timezone

from applications import submission
from dlsei import outbox
from tests.factories import (
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
    draft,
    submitted,
)
from tests.journeys.conftest import BY, Arrive, code_to
from tests.journeys.test_applicant import sign_in
from verification import staff_invitations
from verification.models import FocalPerson

ADDRESS = "noor@uoq.example"


def shown_by_the_app(secret: str) -> str:
    """What an authenticator app with this key shows now."""
    counter = next(iter(yield_hotp_counters_from_time()))
    return format_hotp_value(hotp_value(secret, counter))


def test_an_invited_focal_person_gets_in_with_a_second_factor(
    arrive: Arrive, settings: Any, today: date
) -> None:
    # Given an invitation, and the product as it is deployed
    person = arrive(width=390, height=844)
    settings.SECOND_FACTOR_REQUIRED = True
    university = UniversityFactory(name="University of Quetta")
    waiting = submitted(university=university, now=timezone.now())
    invitation = staff_invitations.invite(
        ADDRESS, "Dr. Noor O'Brien", university, today, by=HecFactory(), now=timezone.now()
    )
    outbox.deliver(by=BY, now=timezone.now())
    assert f"/invitation/{invitation.token}/" in mail.outbox[-1].body

    # When the link is opened, a code proves the address, and the invitation is accepted
    person.open(f"/invitation/{invitation.token}/").sees("University of Quetta", ADDRESS)
    person.press("Send me a code")
    person.write("Code", code_to(ADDRESS)).press("Continue").sees("Accept the invitation")
    person.press("Accept the invitation")

    # Then the authenticator comes before anything else
    person.sees("Set up your authenticator app").open("/admin/")
    person.sees("Set up your authenticator app")
    secret = person.page.locator("bdi.code").text_content()
    assert secret
    person.write("Authenticator code", shown_by_the_app(secret)).press("Continue")
    person.sees("Your recovery codes")
    codes = FocalPerson.objects.get().person.authenticator_set.get(type="recovery_codes")
    recovery = codes.wrap().get_unused_codes()[0]
    person.sees(recovery).open("/admin/").sees("University of Quetta", waiting.reference)

    # When they come back without the phone, a recovery code opens once
    person.page.context.clear_cookies()
    person.open("/accounts/login/code/").write("E-mail address", ADDRESS).press("Send me a code")
    person.write("Code", code_to(ADDRESS)).press("Continue")
    person.sees("Enter the code of your authenticator app")
    person.write("Code", recovery).press("Continue").sees("University of Quetta")


@pytest.mark.parametrize("width", [360, 1280])
def test_hec_keeps_its_staff_and_sets_things_right(arrive: Arrive, width: int, today: date) -> None:
    # Given a focal person, two universities and two people under one number
    now = timezone.now()
    officer = HecFactory(full_name="Rubina Akhtar")
    focal = FocalPersonFactory(since=today, university__name="University of Quetta")
    UniversityFactory(name="University of Sindh")
    first = submitted(UserFactory(full_name="Zainab Malik"), focal.university, now=now)
    second = UserFactory(full_name="Ayesha D'Souza", identity_number=first.person.identity_number)
    submission.submit(draft(second, focal.university, now=now), by=second, now=now)
    hec = arrive(width=width, height=900)
    sign_in(hec, officer.email)

    # When an officer is invited, and a focal person replaced
    hec.open("/admin/hec/staff/").write("E-mail address", "sana@hec.example")
    hec.write("Full name", "Sana Iqbal").press("Send the invitation")
    hec.sees("Sana Iqbal is invited.").follow("1 open invitation").sees("sana@hec.example")
    hec.open("/admin/hec/staff/lists/").attach(
        "staff.csv", "text/csv", b"University,Full Name,Email\nHEC,A,a@hec.example\nX,B,b@x.example"
    )
    hec.press("Read the list").sees("Line 3", "Who would be invited").press("Invite 1 person")
    hec.sees("Receipt")
    hec.open(f"/admin/hec/universities/{focal.university_id}/").follow("Replace")
    hec.write("E-mail address", ADDRESS).write("Full name", "Dr. Noor").press("Replace")
    hec.sees("Dr. Noor is invited.", "Replaced", "Invited, until")
    hec.open(f"/admin/hec/staff/{focal.person_id}/second-factor/").sees("lost second factor")

    # And the number moved, an address corrected, an application sent on
    hec.open("/admin/hec/disputes/").follow("Ayesha D'Souza").sees("Zainab Malik")
    hec.choose("The second person's").write("own number", "35202-7654321-3")
    hec.write("Note", "Both cards seen.").press("Settle the dispute").sees("is settled")
    hec.open(f"/admin/hec/people/{first.person_id}/address/")
    hec.write("New e-mail address", "z@uos.example").write("How do you know", "Came by.")
    hec.press("Change the address").sees("is changed")
    hec.open(f"/admin/hec/applications/{first.reference}/transfer/")
    hec.select("The applicant's university", "University of Sindh")
    hec.write("Why does it", "Her card says so.").press("Move the application")
    hec.sees("is now at University of Sindh", "Moved from University of Quetta")
