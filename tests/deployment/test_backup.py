"""The restore drill: what was saved comes back in an empty place, whole, and proves it (I1-I10)."""

import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from applications.models import Application, Document
from applications.models.documents import Page
from dlsei import backup
from dlsei.models import Event, Mail, User
from tests import factories
from tests.deployment.conftest import connected_to, files_in

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("programme", "clock"),
]


@pytest.fixture
def lived() -> None:
    """A day in the product's life: one licensed, one in the queue, one draft, each with a document."""
    factories.licensed()
    factories.submitted()
    drawn = factories.draft().documents.get()
    Page.objects.create(document=drawn, number=1, file=ContentFile(b"a page", name="page"))


@pytest.fixture
def saved(lived: None, tmp_path: Path) -> Path:
    directory = tmp_path / "saved"
    call_command("backup", str(directory))
    return directory


def test_a_backup_comes_back_whole_in_an_empty_place(
    saved: Path, empty_database: str, tmp_path: Path, capsys
) -> None:
    models = (User, Application, Document, Page, Event, Mail)
    before = {model: list(model.objects.order_by("pk").values()) for model in models}
    files = tmp_path / "files"

    with connected_to(empty_database), files_in(files):
        call_command("restore", str(saved))

        assert "every file is what its row says, every invariant holds" in capsys.readouterr().out
        assert {m: list(m.objects.order_by("pk").values()) for m in models} == before
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            Event.objects.all().delete()

    names = {row["file"] for model in (Document, Page) for row in before[model]}
    assert len(names) == 4
    assert {str(p.relative_to(files)) for p in files.rglob("*") if p.is_file()} == names


def test_a_backup_is_for_its_owner_alone(saved: Path) -> None:
    assert saved.stat().st_mode & 0o077 == 0
    assert json.loads((saved / "manifest.json").read_text())["database"]["size"] > 0


def test_it_restores_over_nothing(saved: Path, empty_database: str, tmp_path: Path) -> None:
    with (
        pytest.raises(CommandError, match="name an empty one in DATABASE_URL"),
        files_in(tmp_path / "files"),
    ):
        call_command("restore", str(saved))

    with (
        pytest.raises(CommandError, match="The storage holds files already"),
        connected_to(empty_database),
    ):
        call_command("restore", str(saved))


@pytest.mark.parametrize(
    ("what", "says"),
    [("a document", "is not what was saved"), ("the end", "no finished backup")],
)
def test_a_changed_or_unfinished_backup_is_refused(
    saved: Path, empty_database: str, tmp_path: Path, what: str, says: str
) -> None:
    if what == "a document":
        next(p for p in (saved / "files").rglob("*") if p.is_file()).write_bytes(b"another")
    else:
        (saved / "manifest.json").unlink()

    with connected_to(empty_database), files_in(tmp_path / "files"):
        with pytest.raises(CommandError, match=says):
            call_command("restore", str(saved))
        assert connection.introspection.table_names() == []


def restore_that_fails(saved: Path, database: str, tmp_path: Path) -> None:
    with (
        connected_to(database),
        files_in(tmp_path / "files"),
        pytest.raises(SystemExit) as ended,
    ):
        call_command("restore", str(saved))
    assert ended.value.code == 1


def test_a_document_that_the_restore_lost_is_named(
    saved: Path, empty_database: str, tmp_path: Path, capsys
) -> None:
    # Control of the drill: a manifest that says less than the rows do.
    manifest = json.loads((saved / "manifest.json").read_text())
    lost = manifest["files"].pop()["name"]
    (saved / "manifest.json").write_text(json.dumps(manifest))

    restore_that_fails(saved, empty_database, tmp_path)

    assert f"{lost} is missing" in capsys.readouterr().out


def test_a_document_that_is_not_its_rows_is_named(
    saved: Path, empty_database: str, tmp_path: Path, capsys
) -> None:
    # A backup that somebody changed with care: file and manifest agree, and the row does not.
    manifest = json.loads((saved / "manifest.json").read_text())
    entry = manifest["files"][0]
    (saved / "files" / entry["name"]).write_bytes(b"another")
    entry["sha256"] = hashlib.sha256(b"another").hexdigest()
    (saved / "manifest.json").write_text(json.dumps(manifest))

    restore_that_fails(saved, empty_database, tmp_path)

    assert f"{entry['name']} is not what its row says" in capsys.readouterr().out


@pytest.mark.parametrize("of_one_moment", [True, False])
def test_what_comes_while_it_is_saved_is_in_it_whole_or_not_at_all(
    lived: None, empty_database: str, tmp_path: Path, monkeypatch, of_one_moment: bool
) -> None:
    """Without the snapshot that the dump shares with the list of files, the row comes without its file."""
    dumped = backup._run

    def while_somebody_adds_a_document(program: str, *options: str) -> str:
        with ThreadPoolExecutor(1) as meanwhile:
            meanwhile.submit(add_a_document).result()
        kept = [o for o in options if of_one_moment or not o.startswith("--snapshot")]
        return dumped(program, *kept)

    monkeypatch.setattr(backup, "_run", while_somebody_adds_a_document)
    call_command("backup", str(tmp_path / "saved"))
    monkeypatch.setattr(backup, "_run", dumped)

    with connected_to(empty_database), files_in(tmp_path / "files"):
        if of_one_moment:
            call_command("restore", str(tmp_path / "saved"))
            assert Document.objects.count() == 3
        else:
            with pytest.raises(SystemExit):
                call_command("restore", str(tmp_path / "saved"))


def add_a_document() -> None:
    factories.draft()
    connection.close()


def test_nobody_is_signed_in_after_it(
    lived: None, sign_in, empty_database: str, tmp_path: Path
) -> None:
    sign_in(Application.objects.all()[0].person)
    assert Session.objects.exists()
    call_command("backup", str(tmp_path / "saved"))

    with connected_to(empty_database), files_in(tmp_path / "files"):
        call_command("restore", str(tmp_path / "saved"))

        assert not Session.objects.exists()


def test_a_lost_or_damaged_document_is_named_when_it_is_saved(lived: None, tmp_path: Path) -> None:
    lost, damaged, _ = (document.file.name for document in Document.objects.all())
    default_storage.delete(lost)
    default_storage.delete(damaged)
    default_storage.save(damaged, ContentFile(b"bit rot"))

    with pytest.raises(CommandError, match="2 files are missing or not what") as refused:
        call_command("backup", str(tmp_path / "saved"))

    assert lost in str(refused.value)
    assert damaged in str(refused.value)
    assert not (tmp_path / "saved" / "manifest.json").exists()


def test_a_backup_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "a file").touch()

    with pytest.raises(CommandError, match="is not empty"):
        call_command("backup", str(tmp_path))
