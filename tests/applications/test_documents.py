"""Documents as people make them come out clean; what is hostile or broken is refused (R7, I10)."""

import zlib
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pikepdf
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from applications import documents, submission
from applications.inspection.inspector import inspect
from applications.models import Application, Document
from dlsei.models import User
from dlsei.policy.refusals import Refused
from tests.factories import (
    NOW,
    PNG,
    FocalPersonFactory,
    HecFactory,
    UserFactory,
    draft,
    submitted,
)
from verification import decisions

MAX_BYTES = 5 * 1024 * 1024


def saved(image: Image.Image, format_: str, **options: object) -> bytes:
    out = BytesIO()
    image.save(out, format_, **options)
    return out.getvalue()


def photo_of_a_card() -> bytes:
    """As a phone makes it: lying on its side, with place, device and a comment inside."""
    exif = Image.Exif()
    exif[Base.Orientation] = 6
    exif[Base.Make] = "SecretPhone"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] = (31.0, 33.0, 0.0)
    card = Image.new("RGB", (400, 300), "white")
    card.paste("red", (0, 0, 50, 300))
    return saved(card, "JPEG", exif=exif, comment=b"of Ayesha")


def noise(width: int, height: int) -> Image.Image:
    return Image.effect_noise((width, height), 90).convert("L")


def pdf(
    pages: int = 1, change: Callable[[pikepdf.Pdf], object] | None = None, **how: object
) -> bytes:
    document = pikepdf.new()
    for _ in range(pages):
        document.add_blank_page()
    if change:
        change(document)
    out = BytesIO()
    document.save(out, **how)
    return out.getvalue()


def open_action(**action: object) -> Callable[[pikepdf.Pdf], None]:
    def change(document: pikepdf.Pdf) -> None:
        document.Root.OpenAction = pikepdf.Dictionary(**action)

    return change


def attach_a_file(document: pikepdf.Pdf) -> None:
    document.attachments["more.exe"] = b"MZ"


def a_form_that_runs_a_script(document: pikepdf.Pdf) -> None:
    script = document.make_indirect(
        pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS=pikepdf.String("app.alert(1)"))
    )
    document.pages[0].AA = pikepdf.Dictionary(O=script)


def test_a_photo_comes_out_upright_and_without_place_device_or_comment() -> None:
    kept = inspect(photo_of_a_card(), max_bytes=MAX_BYTES)

    image = Image.open(BytesIO(kept.content))
    assert kept.content_type == "image/jpeg"
    assert image.size == (300, 400)
    assert not image.getexif()
    assert b"SecretPhone" not in kept.content
    assert b"of Ayesha" not in kept.content
    red, green, _ = image.getpixel((150, 10))
    assert red > 200 > 100 > green


def test_a_png_loses_its_texts_and_keeps_its_transparency() -> None:
    from PIL.PngImagePlugin import PngInfo

    texts = PngInfo()
    texts.add_text("Author", "SecretName")
    texts.add_itxt("XML:com.adobe.xmp", "SecretName")
    drawn = saved(Image.new("RGBA", (20, 20), (0, 0, 0, 0)), "PNG", pnginfo=texts, dpi=(72, 72))

    kept = inspect(drawn, max_bytes=MAX_BYTES)

    assert kept.content_type == "image/png"
    assert b"SecretName" not in kept.content
    assert Image.open(BytesIO(kept.content)).getpixel((0, 0))[3] == 0


def test_a_png_of_almost_5_mib_is_kept() -> None:
    scan = saved(noise(2312, 2312), "PNG")
    assert 4.8 * 1024 * 1024 < len(scan) < MAX_BYTES

    kept = inspect(scan, max_bytes=MAX_BYTES)

    assert len(kept.content) <= MAX_BYTES
    assert Image.open(BytesIO(kept.content)).size == (2312, 2312)


def test_a_png_that_is_too_large_when_written_again_becomes_a_jpeg() -> None:
    packed = saved(
        Image.radial_gradient("L").resize((900, 900)).convert("RGBA"), "PNG", optimize=True
    )

    kept = inspect(packed, max_bytes=len(packed))

    assert kept.content_type == "image/jpeg"
    assert len(kept.content) <= len(packed)
    assert Image.open(BytesIO(kept.content)).size == (900, 900)


def test_a_scan_of_several_pages_keeps_its_pages_and_comes_out_the_same_each_time() -> None:
    scan = pdf(pages=20)

    kept = inspect(scan, max_bytes=MAX_BYTES)

    assert (kept.content_type, kept.pages) == ("application/pdf", 20)
    assert inspect(scan, max_bytes=MAX_BYTES).content == kept.content


def truncated(content: bytes) -> bytes:
    return content[: len(content) // 2]


def too_many_pixels() -> bytes:
    """The header of a picture of 10 gigapixels, which nobody may try to decode."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checked = kind + data
        return len(data).to_bytes(4, "big") + checked + zlib.crc32(checked).to_bytes(4, "big")

    size = (100_000).to_bytes(4, "big")
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", size + size + b"\x08\x02\x00\x00\x00")
        + chunk(b"IDAT", zlib.compress(b"0"))
        + chunk(b"IEND", b"")
    )


NAME = pikepdf.Name
REFUSED = [
    pytest.param(lambda: b"", "document-empty", id="empty"),
    pytest.param(lambda: b"\0" * (MAX_BYTES + 1), "document-too-large", id="one byte over 5 MiB"),
    pytest.param(lambda: b"hello", "document-type", id="text named .pdf"),
    pytest.param(lambda: b"MZ\x90\0" * 50, "document-type", id="a program named .jpg"),
    pytest.param(lambda: b"PK\x03\x04" + b"\0" * 50, "document-type", id="a Word file"),
    pytest.param(lambda: b"<svg onload='x'/>", "document-type", id="an SVG"),
    pytest.param(
        lambda: saved(Image.new("P", (9, 9)), "GIF"), "document-type", id="a GIF named .png"
    ),
    pytest.param(lambda: truncated(photo_of_a_card()), "document-broken", id="half a JPEG"),
    pytest.param(
        lambda: truncated(saved(noise(99, 99), "PNG")), "document-broken", id="half a PNG"
    ),
    pytest.param(lambda: b"%PDF-1.7 nothing", "document-broken", id="a PDF of nothing"),
    pytest.param(lambda: pdf(pages=0), "document-broken", id="a PDF without pages"),
    pytest.param(too_many_pixels, "document-too-many-pixels", id="10 gigapixels"),
    pytest.param(
        lambda: saved(Image.new("1", (8001, 5000)), "PNG"),
        "document-too-many-pixels",
        id="a little more than 40 megapixels",
    ),
    pytest.param(lambda: pdf(pages=21), "document-too-many-pages", id="21 pages"),
    pytest.param(
        lambda: pdf(encryption=pikepdf.Encryption(user="pw", owner="pw")),
        "document-encrypted",
        id="needs a password",
    ),
    pytest.param(
        lambda: pdf(encryption=pikepdf.Encryption(user="", owner="pw")),
        "document-encrypted",
        id="encrypted, opens without a password",
    ),
    pytest.param(
        lambda: pdf(change=open_action(S=NAME.JavaScript, JS=pikepdf.String("app.alert(1)"))),
        "document-active-content",
        id="a script",
    ),
    pytest.param(
        lambda: pdf(change=open_action(S=NAME.Launch, F=pikepdf.String("calc.exe"))),
        "document-active-content",
        id="starts a program",
    ),
    pytest.param(
        lambda: pdf(change=attach_a_file), "document-active-content", id="an embedded file"
    ),
    pytest.param(
        lambda: pdf(
            change=a_form_that_runs_a_script,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        ),
        "document-active-content",
        id="a script inside an object stream",
    ),
]


@pytest.mark.parametrize(("content", "code"), REFUSED)
def test_refused(content: Callable[[], bytes], code: str) -> None:
    with pytest.raises(Refused) as refused:
        inspect(content(), max_bytes=MAX_BYTES)

    assert refused.value.refusal.code == code
    assert refused.value.refusal.message


@pytest.fixture
def mine(programme: object, clock: object) -> Application:
    return draft(kinds=())


def upload(name: str, content: bytes, kind: str = "student-card") -> dict[str, object]:
    return {"kind": kind, "file": SimpleUploadedFile(name, content)}


def test_a_refused_file_is_said_and_nothing_is_lost(
    sign_in, mine: Application, own_storages: Path
) -> None:
    client = sign_in(mine.person)
    client.post("/apply/documents/", upload("card.jpg", photo_of_a_card()))

    page = client.post("/apply/documents/", upload("card.pdf", b"hello", "transcript")).content

    body = page.decode()
    assert "The file is not a PDF, JPEG or PNG." in body
    assert 'value="transcript"' in body.split("checked")[0].rsplit("<input", 1)[1]
    assert "card.jpg" in body
    assert len(list((own_storages / "documents").iterdir())) == 1


def test_one_is_enough_so_another_is_asked_for_only_when_wanted(
    sign_in, mine: Application, own_storages: Path
) -> None:
    client = sign_in(mine.person)
    assert 'type="file"' in client.get("/apply/documents/").content.decode()

    client.post("/apply/documents/", upload("card.jpg", photo_of_a_card()))

    page = client.get("/apply/documents/").content.decode()
    assert 'type="file"' not in page
    assert "/apply/check/" in page
    assert 'type="file"' in client.get("/apply/documents/?add").content.decode()


def test_replace_and_remove(
    sign_in, mine: Application, own_storages: Path, django_capture_on_commit_callbacks
) -> None:
    client = sign_in(mine.person)
    client.post("/apply/documents/", upload("old.jpg", photo_of_a_card()))
    old = mine.documents.get()

    with django_capture_on_commit_callbacks(execute=True):
        client.post(
            f"/apply/documents/?replace={old.public_id}",
            upload("نیا.pdf", pdf(pages=3), "transcript"),
        )
    new = mine.documents.get()
    kept = [path.name for path in (own_storages / "documents").iterdir()]
    with django_capture_on_commit_callbacks(execute=True):
        client.post(f"/apply/documents/{new.public_id}/remove/")

    assert (new.kind, new.original_name, new.pages) == ("transcript", "نیا.pdf", 3)
    assert kept == [Path(new.file.name).name]
    assert not mine.documents.exists()
    assert not list((own_storages / "documents").iterdir())


def test_three_documents_and_no_fourth(mine: Application, own_storages: Path) -> None:
    for _ in range(3):
        documents.keep(mine, "student-card", PNG, by=mine.person, now=NOW)

    with pytest.raises(Refused) as refused:
        documents.keep(mine, "student-card", PNG, by=mine.person, now=NOW)

    assert refused.value.refusal.code == "document-too-many"
    assert len(list((own_storages / "documents").iterdir())) == 3


def test_a_submitted_application_takes_documents_only_as_an_answer(mine: Application) -> None:
    application = submitted()
    person = application.person
    focal_person = FocalPersonFactory(university=application.university).person
    with pytest.raises(Refused) as early:
        documents.keep(application, "transcript", PNG, by=person, now=NOW)
    decisions.ask(application, text="A newer card?", by=focal_person, now=NOW)

    documents.keep(application, "transcript", PNG, by=person, now=NOW)
    with pytest.raises(Refused) as removed:
        documents.remove(application.documents.first(), by=person, now=NOW)
    submission.answer(application, by=person, now=NOW)

    assert early.value.refusal.code == removed.value.refusal.code == "not-allowed"
    assert application.documents.count() == 2


def test_nobody_attaches_to_or_removes_from_anothers_draft(sign_in, mine: Application) -> None:
    documents.keep(mine, "student-card", PNG, by=mine.person, now=NOW)
    stranger = UserFactory()

    with pytest.raises(Refused) as refused:
        documents.keep(mine, "student-card", PNG, by=stranger, now=NOW)
    removed = sign_in(draft().person).post(
        f"/apply/documents/{mine.documents.get().public_id}/remove/"
    )

    assert refused.value.refusal.code == "not-yours"
    assert removed.status_code == 404
    assert mine.documents.count() == 1


@pytest.mark.parametrize(
    ("reader", "status"),
    [
        pytest.param(lambda a: a.person, 200, id="I10 its owner"),
        pytest.param(
            lambda a: FocalPersonFactory(university=a.university).person, 200, id="I10 focal person"
        ),
        pytest.param(lambda a: HecFactory(), 200, id="I10 HEC"),
        pytest.param(lambda a: UserFactory(), 404, id="I10 another applicant"),
        pytest.param(lambda a: FocalPersonFactory().person, 404, id="I9 another university"),
        pytest.param(
            lambda a: FocalPersonFactory(university=a.university, suspended_at=NOW).person,
            404,
            id="I9 suspended",
        ),
    ],
)
def test_the_one_way_to_a_document(
    sign_in, mine: Application, reader: Callable[[Application], User], status: int
) -> None:
    application = submitted()
    document: Document = application.documents.get()

    answer = sign_in(reader(application)).get(f"/documents/{document.public_id}/")

    assert answer.status_code == status
    if status == 200:
        assert b"".join(answer.streaming_content) == PNG.content
        assert answer["Content-Type"] == "image/png"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"].startswith("sandbox")
        assert "no-store" in answer["Cache-Control"]
        assert application.person.full_name not in answer["Content-Disposition"]


def test_a_draft_is_nobody_elses_to_see(sign_in, mine: Application) -> None:
    documents.keep(mine, "student-card", PNG, by=mine.person, now=NOW)
    path = f"/documents/{mine.documents.get().public_id}/"
    focal_person = FocalPersonFactory(university=mine.university).person

    assert sign_in(focal_person).get(path).status_code == 404
    assert sign_in(HecFactory()).get(path).status_code == 404
    assert sign_in(mine.person).get(path).status_code == 200
