"""Documents are kept privately, whichever storage the settings name: the same contract for both (I10).

The S3 side is a real server: rclone's, from a wheel.
"""

import hashlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import httpx
import pytest
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.test import Client, override_settings
from django.utils import timezone

from applications import checking, documents, retention
from applications.models import Document
from dlsei import document_storage
from dlsei.embedded.server import answers, free_port
from tests import factories
from verification.demo_documents import letter

KEY, SECRET = "contract", "a secret of the contract"


class S3(NamedTuple):
    """A server, and the directory in which it keeps its buckets."""

    url: str
    home: Path


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3]:
    home, port = tmp_path_factory.mktemp("s3"), free_port()
    command = [
        str(Path(sys.executable).with_name("rclone")),
        "serve",
        "s3",
        "--addr",
        f"127.0.0.1:{port}",
    ]
    command += ["--auth-key", f"{KEY},{SECRET}", "--config", str(home / "none"), str(home)]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        for _ in range(200):
            if answers(port):
                break
            time.sleep(0.1)
        yield S3(f"http://127.0.0.1:{port}", home)
        server.terminate()


def in_bucket(s3: S3, name: str, secret: str = SECRET) -> dict[str, object]:
    return document_storage.bucket(name, endpoint_url=s3.url, access_key=KEY, secret_key=secret)


@contextmanager
def stored_in(storage: dict[str, object]) -> Iterator[None]:
    with override_settings(STORAGES={**settings.STORAGES, "default": storage}):
        yield


@pytest.fixture(params=["directory", "bucket"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Documents go where production would keep them, first one way, then the other."""
    if request.param == "directory":
        chosen = document_storage.directory(str(tmp_path / "documents"))
    else:
        chosen = in_bucket(request.getfixturevalue("s3"), "documents")
    with stored_in(chosen):
        call_command("create_bucket")
        yield request.param


@pytest.fixture
def link(s3: S3) -> Iterator[str]:
    """A signed link to an object in a private bucket."""
    with stored_in(in_bucket(s3, "links")):
        call_command("create_bucket")
        name = default_storage.save("documents/one", ContentFile(b"an identity card"))
        yield default_storage.url(name)


@pytest.mark.django_db
def test_a_file_is_kept_for_its_form_and_used_once(storage: str, programme, sign_in) -> None:
    application = factories.draft(kinds=())
    owner: Client = sign_in(application.person)

    def send(**answers: object) -> str:
        return str(owner.post("/apply/documents/", answers).content.decode())

    # Given two files, one after the other, that were sent without saying what they show
    for content in (b"the first", b"the second"):
        page = send(file=ContentFile(content, "card.jpg"))
    carried = page.split('name="file_kept" value="')[1].split('"')[0]
    assert len(default_storage.listdir("kept")[1]) == 1

    # When that is said, then it is the second that was used, and it cannot be used again
    send(kind="student-card", file_kept=carried)
    document = application.documents.get()
    assert document.uploaded_sha256 == hashlib.sha256(b"the second").hexdigest()
    assert "not here any more" in send(kind="student-card", file_kept=carried)
    assert application.documents.count() == 1
    # The other tests have the same bucket, and this one's transaction is never committed.
    for name in default_storage.listdir("quarantine")[1]:
        default_storage.delete(f"quarantine/{name}")


@pytest.mark.django_db
def test_a_document_goes_in_and_out_and_is_deleted(storage: str, programme, sign_in) -> None:
    application = factories.draft(kinds=())
    owner: Client = sign_in(application.person)
    document = documents.keep(
        application, "student-card", factories.PNG, by=application.person, now=factories.NOW
    )

    shown = owner.get(f"/documents/{document.public_id}/")

    assert b"".join(shown.streaming_content) == factories.PNG.content
    assert document.sha256 == hashlib.sha256(factories.PNG.content).hexdigest()
    assert Client().get(f"/documents/{document.public_id}/").status_code == 302

    Document.objects.update(uploaded_at=factories.NOW)
    application.__class__.objects.filter(pk=application.pk).update(closed_at=factories.NOW)
    retention.purge(by="tests", now=factories.NOW + timedelta(days=400))

    assert not default_storage.exists(document.file.name)
    assert owner.get(f"/documents/{document.public_id}/").status_code == 404


@pytest.mark.django_db
def test_quarantine_clean_file_and_drawn_page_go_in_and_out(
    storage: str, programme, sign_in, django_capture_on_commit_callbacks
) -> None:
    application = factories.draft(kinds=())
    by, now = application.person, factories.NOW
    owner: Client = sign_in(by)
    scan = letter("University", [["one"], ["two"]])
    with django_capture_on_commit_callbacks(execute=True):
        document = documents.upload(application, "student-card", "a.pdf", scan, by=by, now=now)
        quarantined = document.file.name
        assert default_storage.open(quarantined).read() == scan
        assert owner.get(f"/documents/{document.public_id}/").status_code == 404
        checking.check(by="tests", now=now)

    document.refresh_from_db()
    page = owner.get(document.page_urls[1])

    assert not default_storage.exists(quarantined)
    assert document.uploaded_sha256 == hashlib.sha256(scan).hexdigest()
    assert hashlib.sha256(document.file.open().read()).hexdigest() == document.sha256
    assert b"".join(page.streaming_content).startswith(b"\xff\xd8\xff")
    assert len(document.stored_names) == 2

    left_behind = default_storage.save(f"quarantine/{'0' * 32}", ContentFile(b"left behind"))
    tomorrow = timezone.now() + timedelta(days=1, minutes=1)
    application.__class__.objects.filter(pk=application.pk).update(closed_at=tomorrow)
    assert retention.purge(by="tests", now=tomorrow)["leftovers"] == 1
    retention.purge(by="tests", now=tomorrow + timedelta(days=91))

    assert not any(map(default_storage.exists, [left_behind, *document.stored_names]))


def test_a_name_is_never_written_twice(storage: str) -> None:
    first = default_storage.save("documents/same", ContentFile(b"first"))
    second = default_storage.save("documents/same", ContentFile(b"second"))

    assert first != second
    assert default_storage.open(first).read() == b"first"


def test_what_is_absent_is_a_missing_file(storage: str) -> None:
    assert not default_storage.exists("documents/absent")
    with pytest.raises(FileNotFoundError):
        default_storage.open("documents/absent").read()


def test_a_directory_lets_nobody_else_in(tmp_path: Path) -> None:
    with stored_in(document_storage.directory(str(tmp_path / "documents"))):
        name = default_storage.save("documents/one", ContentFile(b"private"))

        path = Path(default_storage.path(name))
        assert path.stat().st_mode & 0o077 == 0
        assert path.parent.stat().st_mode & 0o077 == 0


def test_a_bucket_is_made_once(s3: S3, capsys) -> None:
    with stored_in(in_bucket(s3, "made-once")):
        call_command("create_bucket")
        call_command("create_bucket")

    assert capsys.readouterr().out.splitlines() == [
        "bucket made-once is made",
        "bucket made-once is there",
    ]


def test_a_signed_link_opens(link: str) -> None:
    assert httpx.get(link).content == b"an identity card"
    assert int(parse_qs(urlsplit(link).query)["X-Amz-Expires"][0]) <= 60


def test_no_link_opens_without_a_signature(link: str) -> None:
    bare = urlunsplit(urlsplit(link)._replace(query=""))

    refused(bare)


@pytest.mark.parametrize("part", ["X-Amz-Signature", "X-Amz-Expires", "X-Amz-Date", "path"])
def test_a_tampered_link_is_refused(link: str, part: str) -> None:
    split = urlsplit(link)
    query = {name: values[0] for name, values in parse_qs(split.query).items()}
    if part == "path":
        tampered = split._replace(path=split.path.replace("documents/one", "documents/two"))
        default_storage.save("documents/two", ContentFile(b"somebody else's"))
    else:
        query[part] = query[part][:-1] + ("0" if query[part][-1] != "0" else "1")
        tampered = split._replace(query=urlencode(query))

    refused(urlunsplit(tampered))


def test_an_expired_link_is_refused(link: str) -> None:
    short = default_storage.url("documents/one", expire=1)
    time.sleep(2.1)

    refused(short)


def test_a_wrong_key_reads_and_writes_nothing(s3: S3, link: str) -> None:
    from botocore.exceptions import ClientError

    with stored_in(in_bucket(s3, "links", secret="a guess")):
        with pytest.raises(ClientError):
            default_storage.open("documents/one").read()
        with pytest.raises(ClientError):
            default_storage.save("documents/planted", ContentFile(b"planted"))

    assert [path.name for path in (s3.home / "links" / "documents").iterdir()].count("planted") == 0


def test_a_storage_that_does_not_answer_is_given_up_soon() -> None:
    from botocore.exceptions import BotoCoreError

    gone = S3(f"http://127.0.0.1:{free_port()}", Path())
    began = time.monotonic()
    with stored_in(in_bucket(gone, "documents")), pytest.raises(BotoCoreError):
        default_storage.save("documents/one", ContentFile(b"nowhere to go"))

    assert time.monotonic() - began < 15


def refused(link: str) -> None:
    response = httpx.get(link)
    assert response.status_code in (400, 401, 403)
    assert b"identity card" not in response.content
    assert b"somebody else" not in response.content
