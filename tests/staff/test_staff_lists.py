"""A list of people to invite: seen before it is sent, bad rows aside, the same again sends nothing twice."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from dlsei.models import Mail, User
from dlsei.policy.refusals import Refused
from tests.factories import (
    NOW,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
)
from verification import staff_lists
from verification.models import Invitation, StaffList

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]

GOOD = """University,Full Name,Email,First Day,Last Day,Language
University of Quetta,Dr. Noor O'Brien,Noor@uoq.example,2023-01-15,2023-06-30,
university of quetta,محمد عثمان,usman@uoq.example,,,Urdu
HEC,Sana Iqbal,sana@hec.example,,,en
"""
BAD = """University,Full Name,Email,First Day,Last Day,Language
Nowhere,A,a@uoq.example,,,
University of Quetta,,b@uoq.example,,,
University of Quetta,C,no address,,,
University of Quetta,D,d@uoq.example,15.1.2023,,
University of Quetta,E,e@uoq.example,,2022-12-31,
University of Quetta,F,f@uoq.example,2023-03-01,2023-02-01,
University of Quetta,G,g@uoq.example,,,Klingon
HEC,H,h@hec.example,2023-03-01,,
University of Quetta,Noor,noor@uoq.example,,,
University of Quetta,Noor again,NOOR@uoq.example,,,
"""


@pytest.fixture
def hec() -> User:
    return HecFactory()


@pytest.fixture(autouse=True)
def quetta() -> None:
    UniversityFactory(name="University of Quetta")


def keep(hec: User, text: str = GOOD) -> StaffList:
    return staff_lists.keep(io.BytesIO(text.encode()), "staff.csv", by=hec, now=NOW)


def test_from_the_page_to_the_receipt(hec, sign_in):
    browser = sign_in(hec)
    file = SimpleUploadedFile("staff.csv", ("\ufeff" + GOOD + BAD.split("\n", 2)[1]).encode())

    uploaded = browser.post(reverse("hec_staff_lists"), {"file": file})
    preview = browser.get(uploaded["Location"]).content.decode()
    assert "Invite 3 people" in preview
    assert "Dr. Noor O&#x27;Brien" in preview
    assert "Line 5: " in preview
    assert "“Nowhere”" in preview
    assert "1 row cannot be read" in preview
    assert "Sun\u00a015\u00a0Jan\u00a02023" in preview
    assert "until further notice" in preview
    assert not Invitation.objects.exists()
    assert not Mail.objects.exists()
    browser.post(uploaded["Location"])

    receipt = browser.get(uploaded["Location"]).content.decode()
    assert "Receipt" in receipt
    assert Mail.objects.filter(kind="nomination").count() == 2
    assert Mail.objects.filter(kind="appointment").count() == 1
    assert set(Invitation.objects.values_list("email", "since", "person__language")) == {
        ("noor@uoq.example", NOW.date().replace(day=15), "en"),
        ("usman@uoq.example", NOW.date(), "ur"),
        ("sana@hec.example", None, "en"),
    }
    assert StaffList.objects.get().rows == [], "what is not needed any more is gone"


def test_every_bad_row_is_told_and_blocks_no_good_one(hec):
    found = keep(hec, BAD)

    assert [error["line"] for error in found.errors] == [2, 3, 4, 5, 6, 7, 8, 9, 11]
    assert [row["email"] for row in found.rows] == ["noor@uoq.example"]
    for error in found.errors:
        assert error["sentence"] % error["values"]


def test_what_is_refused_while_it_is_sent_blocks_nothing_either(hec):
    focal = FocalPersonFactory(
        person=UserFactory(email="noor@uoq.example", full_name="Noor"),
        university__name="University of Karachi",
    )
    text = GOOD.replace(
        "University of Quetta,Dr. Noor O'Brien,Noor@uoq.example,2023-01-15,2023-06-30,",
        f"{focal.university.name},Noor,noor@uoq.example,,,",
    )
    sent = staff_lists.send(keep(hec, text), by=hec, now=NOW)

    assert sent.result["invited"] == 2
    (refused,) = sent.result["refused"]
    assert refused["line"] == 2
    assert refused["values"] == {"name": "Noor"}


def test_sent_twice_or_uploaded_again_nobody_is_mailed_twice(hec):
    first = keep(hec)
    staff_lists.send(first, by=hec, now=NOW)
    staff_lists.send(first, by=hec, now=NOW)
    again = staff_lists.send(keep(hec), by=hec, now=NOW)

    assert again.result == {"invited": 0, "already": 3, "refused": []}
    assert Mail.objects.count() == 3


def test_broken_off_it_goes_on(hec, monkeypatch):
    found = keep(hec)
    invite, done = staff_lists.staff_invitations.invite, []

    def breaks_off(*args, **kwargs):
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(args)
        return invite(*args, **kwargs)

    monkeypatch.setattr(staff_lists.staff_invitations, "invite", breaks_off)
    with pytest.raises(KeyboardInterrupt):
        staff_lists.send(found, by=hec, now=NOW)
    monkeypatch.undo()

    sent = staff_lists.send(found, by=hec, now=NOW)

    assert sent.result == {"invited": 1, "already": 2, "refused": []}
    assert Mail.objects.count() == 3


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"Name,Address\nA,b\n", "must name these columns"),
        ("University,Full Name,Email\n\xe9".encode("latin-1"), "not UTF-8"),
        (b"", "The submitted file is empty"),
        (b"PK\x03\x04" + bytes(100), "a workbook or an archive"),
        (
            b"University,Full Name,Email\n" + b"HEC,A,a@b.example\n" * 1001,
            "more than 1000 rows",
        ),
    ],
)
def test_what_is_no_list_is_refused_on_the_form(hec, sign_in, content, says):
    page = sign_in(hec).post(
        reverse("hec_staff_lists"), {"file": SimpleUploadedFile("x.csv", content)}
    )

    assert says in page.content.decode()
    assert not StaffList.objects.exists()


def test_a_discarded_list_leaves_nothing(hec, sign_in):
    found = keep(hec)

    sign_in(hec).post(reverse("hec_staff_list", args=[found.pk]), {"discard": "1"})

    assert not StaffList.objects.exists()
    assert not Invitation.objects.exists()


def test_hec_alone(hec):
    found, focal = keep(hec), FocalPersonFactory().person

    for write in (
        lambda: keep(focal),
        lambda: staff_lists.send(found, by=focal, now=NOW),
        lambda: staff_lists.discard(found, by=focal, now=NOW),
    ):
        with pytest.raises(Refused, match="not-yours"):
            write()


def test_by_command(tmp_path: Path, capsys):
    file = tmp_path / "staff.csv"
    file.write_text(GOOD + BAD.split("\n", 1)[1], encoding="utf-8")

    call_command("invite_staff", "--csv", str(file), "--dry-run")
    assert not Invitation.objects.exists()
    call_command("invite_staff", "--csv", str(file))
    call_command("invite_staff", "--csv", str(file))

    said = capsys.readouterr().out.splitlines()
    assert "3 would be invited, 10 rows cannot be read" in said
    assert "3 invited, 0 already, 0 refused, 10 rows cannot be read" in said
    assert "0 invited, 3 already, 0 refused, 10 rows cannot be read" in said
    assert Mail.objects.count() == 3
    with pytest.raises(CommandError, match="No such file"):
        call_command("invite_staff", "--csv", str(tmp_path / "none.csv"))
