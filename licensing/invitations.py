"""Inviting: Coursera first, then our mail with the link, then the first click (4.1.g, 4.1.h, R9, I7)."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import datetime, timedelta
from functools import lru_cache

from django.conf import settings
from django.core import signing
from django.db import connection
from django.db.models import F, Min
from django.db.models.functions import Greatest

from dlsei import outbox, schedule
from dlsei.history import Actor
from dlsei.models import User
from dlsei.permissions import require_hec
from dlsei.policy.calendar_days import karachi_date
from dlsei.policy.expiry import is_over
from dlsei.policy.refusals import Refused, refuse
from dlsei.policy.states import LicenseState
from dlsei.verbs import verb
from licensing import clock
from licensing.coursera.api import ApiCoursera
from licensing.coursera.port import Coursera, CourseraFailure, Invitee, Unavailable
from licensing.models import CourseraJob, License

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
LONGEST_RUN = LEASE.total_seconds() / 2
BATCH = 20
BACKOFF = [timedelta(minutes=m) for m in (1, 2, 5, 15, 30, 60)]
"""Waits after a failed attempt; the last one holds from then on: at least hourly, without limit (R9)."""

OWED = "SELECT FROM licensing_courserajob WHERE done_at IS NULL AND due_at <= %(now)s"
# Beside `CourseraJobQuerySet.due`; a test holds them equal. An invitation to a license that has ended meanwhile
# is cancelled instead.
CLAIM = """
WITH due AS (
  SELECT j.id, l.reference, p.full_name, c.coursera_program AS program,
         j.kind = 'invite' AND l.state NOT IN ('issued', 'invited', 'active') AS moot
  FROM licensing_courserajob j JOIN licensing_license l ON l.id = j.license_id
  JOIN dlsei_user p ON p.id = l.person_id JOIN licensing_cohort c ON c.id = l.cohort_id
  WHERE j.done_at IS NULL AND j.due_at <= %(now)s AND (j.leased_until IS NULL OR j.leased_until <= %(now)s)
    AND NOT EXISTS (SELECT FROM licensing_courserajob e
                    WHERE e.license_id = j.license_id AND e.id < j.id AND e.done_at IS NULL)
  ORDER BY j.id LIMIT %(limit)s FOR UPDATE OF j SKIP LOCKED
)
UPDATE licensing_courserajob j
SET leased_until = CASE WHEN moot THEN NULL ELSE %(lease)s::timestamptz END,
    attempts = attempts + CASE WHEN moot THEN 0 ELSE 1 END,
    done_at = CASE WHEN moot THEN %(now)s::timestamptz END, outcome = CASE WHEN moot THEN 'cancelled' ELSE '' END
FROM due WHERE j.id = due.id
RETURNING j.*, due.reference, due.full_name, due.program
"""
_SENT = """
FROM licensing_license t
JOIN licensing_courserajob j ON j.license_id = t.id AND j.kind = 'invite' AND j.outcome = 'done'
JOIN dlsei_mail m ON m.key = 'license:' || j.license_id || ':invitation:' || j.generation
WHERE t.state = 'issued' AND m.sent_at IS NOT NULL
"""
HANDED_OVER = f"""
UPDATE licensing_license l
SET state = 'invited', invited_at = x.sent_at,
    invited_on = (x.sent_at AT TIME ZONE 'Asia/Karachi')::date
FROM (SELECT j.license_id, min(m.sent_at) AS sent_at {_SENT} GROUP BY j.license_id) x
WHERE l.id = x.license_id AND l.state = 'issued'
RETURNING l.id
"""


_reached: ContextVar[Coursera | None] = ContextVar("reached", default=None)


@contextmanager
def reaching(port: Coursera) -> Iterator[None]:
    """Everything inside reaches Coursera through `port`: replay brings its own sandbox."""
    token = _reached.set(port)
    try:
        yield
    finally:
        _reached.reset(token)


def coursera() -> Coursera:
    """The organisation's connection to Coursera's API."""
    return _reached.get() or _from_settings()


def is_reached() -> bool:
    """Whether Coursera is asked by API at all; in CSV mode HEC carries files there and back (R9)."""
    return _reached.get() is not None or settings.COURSERA_MODE == "api"


@lru_cache(maxsize=1)
def _from_settings() -> Coursera:
    return ApiCoursera(
        base_url=settings.COURSERA_URL,
        org_id=settings.COURSERA_ORG_ID,
        client_id=settings.COURSERA_CLIENT_ID,
        client_secret=settings.COURSERA_CLIENT_SECRET,
    )


def to_deliver(now: datetime) -> schedule.Question:
    """Whether anything is due at Coursera at `now`."""
    return OWED, {"now": now}


def deliver(*, by: Actor, now: datetime, port: Coursera | None = None) -> dict[str, int]:
    """Does what is due at Coursera, in order, until nothing is; in CSV mode HEC carries the files.

    A run ends before its leases do; the next tick goes on.
    """
    if settings.COURSERA_MODE != "api":
        return {"done": 0, "failed": 0}
    done = failed = 0
    began = time.monotonic()
    while jobs := claim(now):
        for number, job in enumerate(jobs):
            # A job whose lease has run out may be another worker's, its license ended since.
            if time.monotonic() - began > LONGEST_RUN:
                _release(jobs[number:])
                return {"done": done, "failed": failed}
            if perform(job, port or coursera(), by=by, now=now):
                done += 1
            else:
                failed += 1
    return {"done": done, "failed": failed}


def next_due() -> datetime | None:
    """When the next attempt at Coursera falls due, None when nothing is owed or HEC carries files."""
    if settings.COURSERA_MODE != "api":
        return None
    owed = CourseraJob.objects.filter(done_at=None)
    return owed.aggregate(at=Min(Greatest("due_at", "leased_until")))["at"]


def claim(now: datetime, limit: int = BATCH) -> list[CourseraJob]:
    """Leases the next due jobs; an invitation whose license has ended meanwhile is cancelled instead."""
    # Asked every minute and after every batch: mostly nothing is owed.
    if not schedule.answered({"coursera": to_deliver(now)}):
        return []
    jobs = CourseraJob.objects.raw(CLAIM, {"now": now, "lease": now + LEASE, "limit": limit})
    return sorted((job for job in jobs if not job.done_at), key=lambda job: job.pk)


def perform(job: CourseraJob, port: Coursera, *, by: Actor, now: datetime) -> bool:
    """Does one claimed job at Coursera, outside any transaction, and records what came of it."""
    invitee = Invitee(
        external_id=job.reference,
        full_name=job.full_name,
        email=job.email,
    )
    try:
        if job.kind == CourseraJob.Kind.INVITE:
            # Anything but a first attempt may have reached Coursera: look before repeating.
            port.invite(job.program, invitee, look_first=job.attempts > 1)
        else:
            port.remove(job.program, invitee)
        record(job, by=by, now=now)
    # Whatever it is that fails, it must not keep the jobs behind it waiting (I7).
    except Exception as failure:
        _postpone(job, failure, now)
        return False
    return True


def _postpone(job: CourseraJob, failure: Exception, now: datetime) -> None:
    wait = BACKOFF[min(job.attempts, len(BACKOFF)) - 1]
    if isinstance(failure, Unavailable) and failure.retry_after is not None:
        wait = min(max(wait, timedelta(seconds=failure.retry_after)), BACKOFF[-1])
    CourseraJob.objects.filter(pk=job.pk, done_at=None).update(
        leased_until=None, due_at=now + wait, error=f"{type(failure).__name__}: {failure}"[:500]
    )
    expected = isinstance(failure, CourseraFailure)
    logger.warning(
        "Coursera job %s failed: %s", job.pk, type(failure).__name__, exc_info=not expected
    )


def _release(jobs: list[CourseraJob]) -> None:
    CourseraJob.objects.filter(pk__in=[job.pk for job in jobs], done_at=None).update(
        leased_until=None, attempts=F("attempts") - 1
    )


@verb
def record(job: CourseraJob, *, by: Actor, now: datetime) -> None:
    """Marks a job as done at Coursera; after an invitation our own mail with the link goes out (R9)."""
    licenses = License.objects.select_related("person", "cohort").select_for_update(of=("self",))
    license = licenses.get(pk=job.license_id)
    done = CourseraJob.objects.filter(pk=job.pk, done_at=None).update(
        done_at=now, outcome=CourseraJob.Outcome.DONE, leased_until=None, error=""
    )
    if done and job.kind == CourseraJob.Kind.INVITE and license.is_live:
        _mail_link(license, job.generation, now)


def _mail_link(license: License, generation: int, now: datetime) -> None:
    first = min(
        (r for r in license.cohort.rules.all() if r.clause in ("5.i", "5.ii")),
        key=lambda r: r.rank,
        default=None,
    )
    # Re-sending starts no clock anew (R14).
    invited_on = license.invited_on or karachi_date(now)
    outbox.enqueue(
        outbox.INVITATION,
        to=license.person,
        key=f"license:{license.pk}:invitation:{generation}",
        values={
            "reference": license.reference,
            "link": license.link,
            "ends_on": license.ends_on,
            "deadline": invited_on + timedelta(days=first.days) if first else "",
            "clause": first.clause if first else "",
        },
        now=now,
    )


def to_settle(now: datetime) -> schedule.Question:
    """Whether the mail server has taken the invitation of a license that is not invited yet."""
    return f"SELECT {_SENT}", {}


def settle(*, by: Actor, now: datetime) -> dict[str, int]:
    """Makes invited every license whose invitation mail the mail server has taken (R9, R14).

    The clock starts on the day of that hand-over, however much later this runs. A license whose
    learner Coursera reported already becomes active at once.
    """
    # Runs after every mail of any kind: mostly there is nothing to open a transaction for.
    if not schedule.answered({"settle": to_settle(now)}):
        return {"invited": 0}
    return _settle(by=by, now=now)


@verb
def _settle(*, by: Actor, now: datetime) -> dict[str, int]:
    with connection.cursor() as cursor:
        cursor.execute(HANDED_OVER)
        ids = [row[0] for row in cursor.fetchall()]
    License.objects.filter(pk__in=ids, activated_at__isnull=False).update(state=LicenseState.ACTIVE)
    clock.recompute(ids)
    return {"invited": len(ids)}


def license_of(token: str) -> License:
    """The license that an activation link is for. Raises `Refused(link-not-valid)`."""
    try:
        reference = signing.Signer(salt="activation").unsign(token)
        return License.objects.get(reference=reference)
    except (signing.BadSignature, License.DoesNotExist) as error:
        raise Refused(refuse("link-not-valid")) from error


@verb
def click(license: License, *, by: Actor, now: datetime) -> License:
    """Records the first click on the activation link: the license is active (4.1.h, R9).

    Every later click redirects as long as the license lives, to the end of its last day (R1).
    Raises `Refused(link-not-valid)`.
    """
    license = License.objects.select_for_update(of=("self",)).get(pk=license.pk)
    if not license.is_live or is_over(license.ends_on, karachi_date(now)):
        raise Refused(refuse("link-not-valid"))
    if license.activated_at is None:
        license.activated_at = now
        # Clicked before the hand-over was noted: `settle` makes it invited, then active.
        if license.state == LicenseState.INVITED:
            license.state = LicenseState.ACTIVE
        license.save(update_fields=["activated_at", "state"])
        schedule.nudge("invite")
        clock.recompute([license.pk])
        license.refresh_from_db()
    return license


@verb
def invite_again(license: License, *, by: Actor, now: datetime) -> CourseraJob:
    """Owes a new invitation to the person's present address: the next generation (R6).

    Raises `Refused` with not-yours for a person who is not of HEC, no-live-license.
    """
    if isinstance(by, User):
        require_hec(by)
    license = License.objects.select_for_update(of=("self",)).get(pk=license.pk)
    if not license.is_live:
        raise Refused(refuse("no-live-license"))
    generation = license.coursera_jobs.filter(kind="invite").count() + 1
    job = CourseraJob.objects.create(
        license=license,
        kind=CourseraJob.Kind.INVITE,
        generation=generation,
        email=license.person.email,
        created_at=now,
        due_at=now,
    )
    schedule.nudge("deliver_coursera")
    return job
