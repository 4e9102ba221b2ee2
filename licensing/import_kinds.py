"""What each kind of file that HEC brings in is read as, and what importing it does.

LOOK has, by kind, what a preview notes on the import; it changes nothing. COMMIT has what a worker
does with the file; it may be killed anywhere and is done again.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import IO, Any

from dlsei.models import User
from dlsei.verbs import verb
from licensing import activity, paid
from licensing.coursera.activity_exports import made_at, read_activity, read_users
from licensing.coursera.port import Membership, RowError
from licensing.models import Import, Report
from licensing.program_slugs import ProgramSlugs
from licensing.staging import ERRORS_KEPT, Progress

BATCH = 100
SAMPLE = 20
Programs = Mapping[str, int | None]
"""To which cohort (id) the slug of a program belongs, None to none of ours."""
Done = tuple[dict[str, int], Report | None]
"""The receipt's figures, and the report that a file of activity became."""


def as_record(error: RowError) -> dict[str, Any]:
    """A row error as it is kept, to be said in the reader's language."""
    return {
        "line": error.line,
        "column": error.column,
        "sentence": error.sentence,
        "values": dict(error.values),
        "source": error.source,
    }


# Activity


def _look_at_activity(imported: Import, file: IO[bytes], programs: Programs) -> dict[str, Any]:
    slugs = ProgramSlugs(chosen=programs)
    figures, errors = activity.outlook(read_activity(file, plain=True), slugs)
    newest, seen = figures.pop("newest"), figures.pop("programs")
    return {
        "as_of": imported.as_of or made_at(file, imported.name),
        "programs": {slug: cohort.pk if (cohort := slugs.cohort(slug)) else None for slug in seen},
        "rows_total": figures["rows"] + figures["errors"],
        "errors": [as_record(error) for error in errors],
        "found": {
            "sample": figures.pop("sample"),
            "figures": figures,
            "newest": newest.isoformat() if newest else "",
            "programs": seen,
        },
    }


def _import_activity(
    imported: Import, file: IO[bytes], progress: Progress, *, by: User, now: datetime
) -> Done:
    assert imported.as_of is not None
    report = activity.take(
        read_activity(file, plain=True),
        source=Report.Source.CSV,
        as_of=imported.as_of,
        sha256=imported.sha256,
        slugs=ProgramSlugs(chosen=imported.programs),
        progress=progress,
        by=by,
        now=now,
    )
    result = {"rows": report.rows, "members": report.members, "unmatched": report.unmatched}
    return result, report


# Paid learners


def _look_at_paid(imported: Import, file: IO[bytes], programs: Programs) -> dict[str, Any]:
    learners, errors, count = _sorted(paid.read_learners(file))
    return {
        "rows_total": len(learners) + count,
        "errors": [as_record(error) for error in errors],
        "found": {
            "figures": {
                "rows": len(learners),
                **paid.outlook(learners),
                "never_activated": sum(not learner.activated for learner in learners),
                "errors": count,
            },
            "sample": [
                [x.full_name, x.email, x.identity_number, str(x.year), x.activated]
                for x in learners[:SAMPLE]
            ],
            "never_activated": [
                [x.full_name, x.email, str(x.year)] for x in learners if not x.activated
            ],
        },
    }


def _import_paid(
    imported: Import, file: IO[bytes], progress: Progress, *, by: User, now: datetime
) -> Done:
    learners, _, errors = _sorted(paid.read_learners(file))
    # What an earlier attempt has done stands with the number of learners it came to.
    for first in range(imported.result.get("learners", 0), len(learners), BATCH):
        _take_over(imported, learners[first : first + BATCH], errors, by=by, now=now)
        progress(errors + min(first + BATCH, len(learners)))
    imported.refresh_from_db(fields=["result"])
    return imported.result, None


@verb
def _take_over(
    imported: Import, learners: list[paid.PaidLearner], unread: int, *, by: User, now: datetime
) -> None:
    figures, errors = paid.take_over(learners, by=by, now=now)
    row = Import.objects.select_for_update().get(pk=imported.pk)
    figures |= {"learners": len(learners), "refused": len(errors)}
    row.result = {name: row.result.get(name, 0) + count for name, count in figures.items()}
    row.errors = [*row.errors, *map(as_record, errors)][:ERRORS_KEPT]
    row.save(update_fields=["result", "errors"])


# Users of an earlier cohort


def _look_at_users(imported: Import, file: IO[bytes], programs: Programs) -> dict[str, Any]:
    users, errors, count = _sorted(_users(imported, file))
    figures, _ = activity.outlook(users)
    return {
        "rows_total": len(users) + count,
        "errors": [as_record(error) for error in errors],
        "found": {
            "figures": {
                "rows": len(users),
                "learners": figures["learners"],
                "licenses": figures["licenses"],
                "new_flags": figures["new_flags"],
                "errors": count,
            },
            "sample": [[x.full_name, x.email, x.external_id] for x in users[:SAMPLE]],
        },
    }


def _import_users(
    imported: Import, file: IO[bytes], progress: Progress, *, by: User, now: datetime
) -> Done:
    users, _, _ = _sorted(_users(imported, file))
    return {"rows": len(users), "new_flags": activity.flag_users(users, by=by, now=now)}, None


def _users(imported: Import, file: IO[bytes]) -> Iterator[Membership | RowError]:
    assert imported.cohort is not None
    return read_users(file, imported.cohort.coursera_program)


def _sorted(rows: Iterable[Any]) -> tuple[list[Any], list[RowError], int]:
    """The rows that could be read, the first errors, and how many errors there are."""
    good: list[Any] = []
    errors: list[RowError] = []
    count = 0
    for row in rows:
        if not isinstance(row, RowError):
            good.append(row)
            continue
        count += 1
        if count <= ERRORS_KEPT:
            errors.append(row)
    return good, errors, count


LOOK: dict[str, Callable[[Import, IO[bytes], Programs], dict[str, Any]]] = {
    Import.Kind.ACTIVITY: _look_at_activity,
    Import.Kind.PAID: _look_at_paid,
    Import.Kind.COHORT_USERS: _look_at_users,
}
COMMIT: dict[str, Callable[..., Done]] = {
    Import.Kind.ACTIVITY: _import_activity,
    Import.Kind.PAID: _import_paid,
    Import.Kind.COHORT_USERS: _import_users,
}
