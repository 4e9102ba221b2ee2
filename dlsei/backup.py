"""A copy of everything that cannot be made again: the database and the files that its rows name.

A backup is a directory: `database.dump` (pg_dump's custom format), `files/` as they are named in
the storage, and `manifest.json`, written last, with the SHA-256 of each.
"""

import hashlib
import json
import os
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from django.apps import apps
from django.core.files import File
from django.core.files.storage import Storage, default_storage
from django.db import connection, models, transaction
from django.db.backends.postgresql.client import DatabaseClient

from dlsei.embedded import postgres

FORMAT = 1
BLOCK = 1 << 20
DUMP, FILES, MANIFEST = "database.dump", "files", "manifest.json"


class CannotBackUp(Exception):
    """Nothing, or not all, was saved; the message says why, for whoever types the command."""


class CannotRestore(Exception):
    """What was asked for would overwrite something, or the backup is not whole."""


class Named(NamedTuple):
    """A file that a row names; `sha256` as the row has it, empty when it keeps none."""

    name: str
    sha256: str


@dataclass
class Saved:
    """A file in the backup."""

    name: str
    sha256: str
    size: int


@dataclass
class Manifest:
    """What a backup holds. `gone`: named by a row at the dump, deleted before the copy got there."""

    made_at: str
    database: Saved
    files: list[Saved]
    gone: list[str]
    format: int = FORMAT

    @property
    def moment(self) -> datetime:
        """The time of the backup, aware."""
        return datetime.fromisoformat(self.made_at)

    @classmethod
    def read(cls, directory: Path) -> "Manifest":
        """The manifest in `directory`. Raises CannotRestore when there is none that can be read."""
        try:
            found = json.loads((directory / MANIFEST).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise CannotRestore(f"{directory} holds no finished backup: {error}.") from error
        if found["format"] != FORMAT:
            raise CannotRestore(f"{directory} is of format {found['format']}, not {FORMAT}.")
        found["database"] = Saved(**found["database"])
        found["files"] = [Saved(**entry) for entry in found["files"]]
        return cls(**found)


def backup(directory: Path, *, now: datetime) -> Manifest:
    """Saves database and files into an empty `directory`, while the product goes on working.

    The dump and the list of files are of one moment; files are copied after it, so that each row
    has its file. Raises CannotBackUp when a file is missing or not what its row says; the backup
    then has no manifest.
    """
    _make_empty(directory)
    files, dump = directory / FILES, directory / DUMP
    files.mkdir(mode=0o700)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_export_snapshot()")
        (snapshot,) = cursor.fetchone()
        # A session is a way in, and worth nothing after a restore.
        options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}"]
        options += ["--exclude-table-data=django_session", f"--file={dump}"]
        if said := _run("pg_dump", *options):
            raise CannotBackUp(f"The database was not saved: {said}")
        named = list(_named())
    saved, gone = _copy_out(named, files)
    manifest = Manifest(now.isoformat(), _of(dump), saved, gone)
    unfinished = directory / f"{MANIFEST}.new"
    unfinished.write_text(json.dumps(asdict(manifest), indent=1), encoding="utf-8")
    unfinished.rename(directory / MANIFEST)
    return manifest


def restore(directory: Path) -> Manifest:
    """Puts a backup into an empty database and an empty storage, and compares every file.

    Raises CannotRestore when there is something already, or when the backup was changed.
    """
    manifest = Manifest.read(directory)
    if tables := connection.introspection.table_names():
        raise CannotRestore(
            f"The database has {len(tables)} tables: name an empty one in DATABASE_URL."
        )
    if taken := _taken(default_storage, manifest.files):
        raise CannotRestore(f"The storage holds files already ({taken}): name an empty one.")
    for entry in (manifest.database, *manifest.files):
        path = directory / (DUMP if entry is manifest.database else f"{FILES}/{entry.name}")
        if not path.exists() or _of(path).sha256 != entry.sha256:
            raise CannotRestore(f"{path} is not what was saved.")
    options = ["--exit-on-error", "--single-transaction", "--no-owner", "--no-privileges"]
    if said := _run("pg_restore", *options, "--dbname", str(directory / DUMP)):
        raise CannotRestore(f"The database was not restored: {said}")
    connection.close()
    for entry in manifest.files:
        with (directory / FILES / entry.name).open("rb") as file:
            stored = default_storage.save(entry.name, File(file))
        if stored != entry.name:
            raise CannotRestore(f"{entry.name} was stored as {stored}: the storage is not empty.")
    return manifest


def damaged(expected: Iterable[str] = ()) -> Iterator[str]:
    """Every file that a row names and that is missing or not what the row says, with which it is.

    `expected` names files that are known to be gone.
    """
    missing = set(expected)
    for name, sha256 in _named():
        if name in missing:
            continue
        if not default_storage.exists(name):
            yield f"{name} is missing"
        elif sha256:
            with default_storage.open(name) as file:
                if _digest(file)[0] != sha256:
                    yield f"{name} is not what its row says"


def _named() -> Iterator[Named]:
    for model in apps.get_models():
        fields = {field.name: field for field in model._meta.get_fields()}
        for field in fields.values():
            if isinstance(field, models.FileField):
                rows = model._default_manager.exclude(**{field.name: ""}).order_by("pk")
                columns = [field.name, *(["sha256"] if "sha256" in fields else [])]
                for name, *sha256 in rows.values_list(*columns):
                    yield Named(name, *sha256 or [""])


def _copy_out(named: list[Named], files: Path) -> tuple[list[Saved], list[str]]:
    saved, gone, wrong = [], [], []
    for name, sha256 in named:
        target = files / name
        target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            with default_storage.open(name) as source, target.open("wb") as copy:
                digest, size = _digest(source, copy)
        except FileNotFoundError:
            target.unlink(missing_ok=True)
            gone.append(name)
            continue
        if sha256 and digest != sha256:
            wrong.append(name)
        saved.append(Saved(name, digest, size))
    # Purged or removed since the dump: its row says so by now. Anything else is a loss.
    wrong += set(gone) & {entry.name for entry in _named()}
    if wrong:
        raise CannotBackUp(
            f"{len(wrong)} files are missing or not what their rows say: {', '.join(wrong[:10])}."
        )
    return saved, gone


def _taken(storage: Storage, files: list[Saved]) -> str:
    for folder in sorted({entry.name.split("/")[0] for entry in files}):
        try:
            folders, names = storage.listdir(folder)
        except FileNotFoundError:
            continue
        if folders or names:
            return folder
    return ""


def _make_empty(directory: Path) -> None:
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        if any(directory.iterdir()):
            raise CannotBackUp(f"{directory} is not empty: name a new directory for each backup.")
    except OSError as error:
        raise CannotBackUp(f"{directory} cannot be written to: {error.strerror}.") from error


def _run(program: str, *options: str) -> str:
    """What a failing program of PostgreSQL said; empty when all went well."""
    (_, *target), environment = DatabaseClient.settings_to_cmd_args_env(
        connection.settings_dict, []
    )
    if "--dbname" in options:
        *options_before, flag, dump = options
        command = [*options_before, *target[:-1], flag, target[-1], dump]
    else:
        command = [*options, *target]
    done = subprocess.run(
        [str(postgres.binaries() / program), "--no-password", *command],
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
    )
    return "" if done.returncode == 0 else done.stderr.strip() or f"exit status {done.returncode}"


def _of(path: Path) -> Saved:
    with path.open("rb") as file:
        return Saved(path.name, *_digest(file))


def _digest(source: Any, copy: BinaryIO | None = None) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    while block := source.read(BLOCK):
        digest.update(block)
        size += len(block)
        if copy:
            copy.write(block)
    return digest.hexdigest(), size
