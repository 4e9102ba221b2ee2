"""Mail as a promise kept: written with the change that owes it, delivered by lease, sent once (I6)."""

import logging
import smtplib
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import connection
from django.db.models import F, Min
from django.db.models.functions import Greatest

from dlsei import letters, schedule
from dlsei.history import Actor
from dlsei.models import Mail, User

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
LONGEST_RUN = LEASE.total_seconds() / 2
BATCH = 50
INVITATION = "license-invitation"
"""The mail whose hand-over makes a license invited (R9)."""
BACKOFF = [timedelta(minutes=m) for m in (1, 2, 5, 15, 30, 60)]
"""Waits after a failed attempt; the last one holds from then on (R9: at least hourly, without limit)."""

# Nobody holds a lease on it.
_FREE = "sent_at IS NULL AND (leased_until IS NULL OR leased_until <= %(now)s)"
WAITING = f"SELECT FROM dlsei_mail WHERE {_FREE} AND due_at <= %(now)s"
# Beside `MailQuerySet.due`; a test holds them equal. What waits for a further attempt goes before anything
# newer to the same person.
CLAIM = f"""
WITH due AS (
  SELECT id, person_id FROM dlsei_mail WHERE {_FREE} AND due_at <= %(now)s
  ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
), postponed AS (
  SELECT m.id FROM dlsei_mail m
  JOIN (SELECT person_id, max(id) AS id FROM due GROUP BY person_id) newest USING (person_id)
  WHERE {_FREE} AND m.due_at > %(now)s AND m.attempts > 0 AND m.id < newest.id
  FOR UPDATE OF m SKIP LOCKED
)
UPDATE dlsei_mail m SET leased_until = %(lease)s, attempts = attempts + 1
FROM dlsei_user p
WHERE m.id IN (SELECT id FROM due UNION ALL SELECT id FROM postponed) AND p.id = m.person_id
RETURNING m.*, p.email AS person_address
"""
SENT = """
UPDATE dlsei_mail SET sent_at = %s, address = %s, subject_line = %s, text = %s, html = %s,
  leased_until = NULL, error = '' WHERE id = %s
"""


def enqueue(
    kind: str, *, to: User, key: str, values: Mapping[str, Any], now: datetime, address: str = ""
) -> None:
    """Owes `to` one mail of this kind; a second call with the same key owes nothing more.

    It goes to the address that the person has when it is sent, or to `address`. `key` is subject, kind and stage, e.g. `application:12:received`. `values` are frozen as given.
    """
    Mail.objects.bulk_create(
        [
            Mail(
                kind=kind,
                person=to,
                key=key,
                language=to.language,
                values={"name": to.full_name, **values},
                address=address,
                created_at=now,
                due_at=now,
            )
        ],
        ignore_conflicts=True,
    )
    schedule.nudge("deliver_mail")


def waiting(now: datetime) -> schedule.Question:
    """Whether any mail is due at `now`."""
    return WAITING, {"now": now}


def claim(now: datetime, limit: int = BATCH) -> list[Mail]:
    """Leases the next due mails, oldest first, with the address that each person has now.

    Two workers never hold the same one.
    """
    mails = Mail.objects.raw(CLAIM, {"now": now, "lease": now + LEASE, "limit": limit})
    return sorted(mails, key=lambda mail: mail.pk)


def deliver(*, by: Actor, now: datetime) -> dict[str, int]:
    """Sends what is due, in order, until nothing is. A failed one waits and stops no other.

    A run ends before its leases do; the next tick goes on.
    """
    sent = failed = 0
    invited = False
    # Leases count from `now`: past them another worker may hold the same mails.
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_RUN and (mails := claim(now)):
        smtp = get_connection()
        for number, mail in enumerate(mails):
            if time.monotonic() - began > LONGEST_RUN:
                _release(mails[number:])
                break
            try:
                # Opened once for the batch; `send` would open and close it for each mail.
                smtp.open()
            except Exception as error:
                # One time-out speaks for the whole batch.
                for unsent in mails[number:]:
                    _postpone(unsent, error, now=now)
                failed += len(mails) - number
                break
            try:
                send(mail, smtp, now=now)
                sent += 1
                invited |= mail.kind == INVITATION
            except Exception as error:
                failed += 1
                _postpone(mail, error, now=now)
                # After a 421 or a dropped line the connection is of no use to the next mail.
                smtp.close()
        smtp.close()
        if len(mails) < BATCH:
            # It was the last; what was enqueued meanwhile has its own nudge.
            break
    if invited:
        schedule.nudge("invite")
    return {"sent": sent, "failed": failed}


def send(mail: Mail, smtp: Any, *, now: datetime) -> None:
    """Hands one claimed mail to the mail server and keeps it as sent."""
    letter = letters.render(mail.kind, mail.language, mail.values)
    address = mail.address or mail.person_address
    message = EmailMultiAlternatives(
        letter.subject,
        letter.text,
        to=[address],
        headers={"Message-ID": mail.message_id, "Auto-Submitted": "auto-generated"},
        connection=smtp,
    )
    message.attach_alternative(letter.html, "text/html")
    message.send()
    with connection.cursor() as cursor:
        cursor.execute(SENT, [now, address, letter.subject, letter.text, letter.html, mail.pk])


def _postpone(mail: Mail, error: Exception, *, now: datetime) -> None:
    wait = BACKOFF[min(mail.attempts, len(BACKOFF)) - 1]
    # A 5xx is the server's last word on this address; it may be corrected, so: hourly, and HEC sees it.
    if any(code >= 500 for code in _reply_codes(error)):
        wait = BACKOFF[-1]
    Mail.objects.filter(pk=mail.pk, sent_at=None).update(
        leased_until=None, due_at=now + wait, error=f"{type(error).__name__}: {error}"[:500]
    )
    logger.warning("mail %s not sent, attempt %s: %s", mail.pk, mail.attempts, type(error).__name__)


def _reply_codes(error: Exception) -> list[int]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return [code for code, _ in error.recipients.values()]
    return [error.smtp_code] if isinstance(error, smtplib.SMTPResponseException) else []


def _release(mails: list[Mail]) -> None:
    Mail.objects.filter(pk__in=[m.pk for m in mails], sent_at=None).update(
        leased_until=None, attempts=F("attempts") - 1
    )


def next_due() -> datetime | None:
    """When the next attempt to send falls due, None when nothing waits."""
    return Mail.objects.unsent().aggregate(at=Min(Greatest("due_at", "leased_until")))["at"]


def sent_to(person: User) -> list[Mail]:
    """All mails that have gone out to a person, in the order in which they went."""
    return list(Mail.objects.filter(person=person).exclude(sent_at=None).order_by("sent_at", "id"))


def enqueue_each(kind: str, select: str, params: dict[str, Any], *, now: datetime) -> int:
    """Owes one mail to each row of an SQL `select` of (person_id, key, values jsonb), in its order.

    `params` are the named parameters of `select`.

    The set-based form of `enqueue`: one statement however many. Returns how many were new.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
INSERT INTO dlsei_mail (kind, person_id, key, language, "values", created_at, due_at,
                        attempts, error, address, subject_line, text, html)
SELECT %(mail_kind)s, s.person_id, s.key, u.language,
       jsonb_build_object('name', u.full_name) || s.frozen, %(now)s, %(now)s, 0, '', '', '', '', ''
FROM (SELECT *, row_number() OVER () AS n FROM ({select}) AS owed (person_id, key, frozen)) s
JOIN dlsei_user u ON u.id = s.person_id
ORDER BY s.n
ON CONFLICT (key) DO NOTHING
""",
            {**params, "mail_kind": kind, "now": now},
        )
        written = cursor.rowcount
    if written:
        schedule.nudge("deliver_mail")
    return written


def link(path: str) -> str:
    """The full address of one of our own pages, for a mail."""
    return f"{settings.SITE_URL}{path}"
