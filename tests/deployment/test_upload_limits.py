"""What may come in: the proxy, Django and the programme agree, and a form of a thousand parts is refused."""

import re

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from applications.models import Application, Document
from licensing.models import Programme
from tests.factories import HecFactory, UserFactory, draft
from verification import import_forms

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]
FORM = 64 * 1024
"""What the other fields and the frame of a form may take."""
SLOW_LINK = 100_000
"""Bits a second of a telephone at the edge of its cell."""


def proxy_limit(of: str = "others") -> int:
    caddy = (settings.BASE_DIR / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    megabytes = re.search(rf"request_body @{of} \{{\s+max_size (\d+)MB", caddy)
    assert megabytes
    return int(megabytes[1]) * 1_000_000


def test_the_proxy_lets_the_largest_document_through_and_hardly_more() -> None:
    largest = Programme.in_force().policy.documents.max_bytes

    assert largest + FORM < proxy_limit() < 2 * largest
    assert largest < settings.FILE_UPLOAD_MAX_MEMORY_SIZE, "it never touches the disk unchecked"


def test_the_proxy_has_the_patience_for_the_largest_document_on_a_slow_link() -> None:
    caddy = (settings.BASE_DIR / "deploy" / "Caddyfile").read_text(encoding="utf-8")
    minutes = re.search(r"read_body (\d+)m\b", caddy)
    largest = Programme.in_force().policy.documents.max_bytes

    assert minutes
    assert int(minutes[1]) * 60 * SLOW_LINK > 8 * (largest + FORM)


def test_the_proxy_lets_the_largest_import_through_and_hardly_more() -> None:
    assert import_forms.LARGEST + FORM < proxy_limit("imports") < 1.1 * import_forms.LARGEST


@pytest.mark.parametrize(
    ("who", "limit"), [(None, "5 MB"), (UserFactory, "5 MB"), (HecFactory, "64 MB")]
)
def test_who_was_cut_off_reads_the_limit_and_finds_back(sign_in, who, limit: str) -> None:
    page = (sign_in(who()) if who else Client()).get("/too-large/").content.decode()

    assert f"larger than {limit}" in page
    assert '<a href="">' in page, "the form at whose address it is shown"


@pytest.fixture
def mine() -> Application:
    return draft(kinds=())


@pytest.mark.parametrize(("size", "kept"), [(5 * 1024 * 1024, True), (5 * 1024 * 1024 + 1, False)])
def test_the_limit_is_exact(sign_in, mine: Application, size: int, kept: bool) -> None:
    client: Client = sign_in(mine.person)
    sent = {"kind": "student-card", "file": SimpleUploadedFile("a.pdf", b"\0" * size)}

    page = client.post("/apply/documents/", sent).content.decode()

    assert ("larger than 5 MB" in page) != kept
    assert Document.objects.exists() == kept


@pytest.mark.parametrize("parts", ["fields", "files"])
def test_a_form_of_a_thousand_parts_is_refused(sign_in, mine: Application, parts: str) -> None:
    client: Client = sign_in(mine.person)
    sent = {
        f"part{number}": SimpleUploadedFile("a", b"x") if parts == "files" else "x"
        for number in range(1001)
    }

    assert client.post("/apply/documents/", sent).status_code == 400
    assert not Document.objects.exists()


NAMES = [
    *("../../etc/passwd", "..\\..\\windows\\win.ini", "/etc/passwd", "C:\\x\\card.jpg"),
    *("a\0.jpg", "a\r\nSet-Cookie: x=1.jpg", "a\tb.jpg", "\u202egpj.exe", "\u200bcard\ufeff.jpg"),
    *(
        "<script>alert(1)</script>.jpg",
        '"><img src=x onerror=alert(1)>.jpg',
        "{{7*7}}.jpg",
        "%s%n.jpg",
    ),
    *(
        "'; DROP TABLE x;--.jpg",
        "$(id).jpg",
        "`id`.jpg",
        "a;b|c&d.jpg",
        "card.jpg.exe",
        "card.php.jpg",
    ),
    *("CON.jpg", "NUL", ".htaccess", ".", "..", "", " ", "a" * 5000 + ".jpg", "کارڈ.jpg", "🎓.png"),
    *(
        "a/../../b.jpg",
        "http://evil/x.jpg",
        "file:///x.jpg",
        "~root.jpg",
        "-rf.jpg",
        "a\u2028b.jpg",
    ),
    *(
        "ＣＯＮ.jpg",
        "e\u0301.jpg",
        "\ud7ff.jpg",
        "a%00.jpg",
        "a%2e%2e%2f.jpg",
        "=cmd|' /C calc'!A0.jpg",
    ),
    *(
        "\x1b[31mred.jpg",
        "a\x7fb.jpg",
        "card .jpg ",
        "card.jpg.",
        "a:b.jpg",
        "a*?.jpg",
        "\\\\evil\\x.jpg",
    ),
]


@pytest.mark.parametrize("name", NAMES)
def test_a_hostile_name_is_shown_harmless_and_stored_nowhere(
    sign_in, mine: Application, name: str
) -> None:
    from applications import documents
    from tests.factories import NOW

    document = documents.upload(mine, "student-card", name, b"x", by=mine.person, now=NOW)
    page = sign_in(mine.person).get("/apply/documents/").content.decode()

    assert re.fullmatch("quarantine/[0-9a-f]{32}", document.file.name)
    assert not set("/\\\0\r\n\x1b\u202e") & set(document.original_name)
    assert len(document.original_name) <= 200
    assert "<script>alert" not in page
    assert "<img src=x" not in page
