"""The invariants I1–I10, checked by SQL on live data: each query names what breaks it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from dlsei.history import INVITATION, NOMINATION, OFFICER, RECOGNITION, expressed
from dlsei.policy.states import MOVES

SUBJECTS = {
    "case": "revocationcase",
    "nomination": "focalperson",
    "officer": "user",
    "recognition": "university",
}
"""By what name the history knows a thing of the table of states, where it is another."""
GRACE = timedelta(minutes=10)
"""How long the allocator and the deliverers may be behind before that counts as broken."""
SHOWN = 20


@dataclass(frozen=True)
class Check:
    """One part of an invariant; `sql` gives a row (a sentence's worth of text) for each breach."""

    invariant: str
    says: str
    sql: str


@dataclass(frozen=True)
class Breach:
    """What was found to break an invariant."""

    invariant: str
    says: str
    found: str


def _moves(thing: str) -> Check:
    """Only moves of the table of states stand in the history (I5)."""
    allowed = ", ".join(
        f"('{from_}', '{to}')" for from_, targets in MOVES[thing].items() for to in targets
    )
    subject = SUBJECTS.get(thing, thing)
    # A rule that revokes at once leaves a case that begins as revoked.
    begun = " OR e.from_state = ''" if thing == "case" else ""
    return Check(
        "I5",
        f"every move of a {thing} is one that the table of states allows",
        f"SELECT e.subject || ' ' || e.subject_id || ': ' || e.from_state || ' -> ' || e.to_state"
        f" FROM dlsei_event e WHERE e.subject = '{subject}'"
        f" AND NOT ((e.from_state, e.to_state) IN ({allowed}){begun})",
    )


def _last_event(table: str, subject: str, state: str) -> Check:
    state = expressed(state, "t")
    return Check(
        "I5",
        f"the last event of every {subject} says the state it is in",
        f"""
SELECT '{subject} ' || t.id || ' is ' || {state} || ', its history says ' || coalesce(e.to_state, 'nothing')
FROM {table} t LEFT JOIN LATERAL (
  SELECT to_state FROM dlsei_event WHERE subject = '{subject}' AND subject_id = t.id
  ORDER BY sequence DESC LIMIT 1) e ON true
WHERE coalesce(e.to_state, '') <> {state}""",
    )


CHECKS = [
    Check(
        "I1",
        "seats held are the live bucket licenses of the cohort, and never more than there are",
        """
SELECT c.name || ': ' || c.seats_held || ' held of ' || c.seats_total || ', ' || count(l.id) || ' live'
FROM licensing_cohort c LEFT JOIN licensing_license l
  ON l.cohort_id = c.id AND l.source = 'bucket' AND l.state IN ('issued', 'invited', 'active')
GROUP BY c.id HAVING c.seats_held <> count(l.id) OR c.seats_held > c.seats_total OR c.seats_held < 0""",
    ),
    Check(
        "I1",
        "the bucket is what its opened tranches add up to",
        """
SELECT c.name || ': ' || c.seats_total || ' seats, tranches give ' || coalesce(sum(t.size), 0)
FROM licensing_cohort c LEFT JOIN licensing_tranche t ON t.cohort_id = c.id AND t.opened_at IS NOT NULL
GROUP BY c.id HAVING c.seats_total <> coalesce(sum(t.size), 0)""",
    ),
    Check(
        "I1",
        "the ledger of every bucket ends with what the bucket holds and has",
        """
SELECT c.name || ': ' || c.seats_held || '/' || c.seats_total || ', its ledger says '
  || coalesce(e.to_state, 'nothing')
FROM licensing_cohort c LEFT JOIN LATERAL (
  SELECT to_state FROM dlsei_event WHERE subject = 'bucket' AND subject_id = c.id
  ORDER BY sequence DESC LIMIT 1) e ON true
WHERE coalesce(e.to_state, '0/0') <> c.seats_held || '/' || c.seats_total""",
    ),
    Check(
        "I2",
        "one live license a person",
        """
SELECT 'person ' || person_id FROM licensing_license WHERE state IN ('issued', 'invited', 'active')
GROUP BY person_id HAVING count(*) > 1""",
    ),
    Check(
        "I2",
        "one open place a person, one open application a person",
        """
SELECT 'person ' || person_id FROM (
  SELECT person_id FROM applications_application WHERE status = 'pending'
  UNION ALL SELECT person_id FROM licensing_place WHERE state = 'waiting') open_
GROUP BY person_id HAVING count(*) > 1""",
    ),
    Check(
        "I2",
        "one person a CNIC among submitted applications",
        """
SELECT 'application ' || a.reference FROM applications_application a
JOIN applications_identityclaim c ON c.identity = a.identity_id WHERE a.person_id <> c.person_id""",
    ),
    Check(
        "I2",
        "every served place has its license, and only those",
        """
SELECT 'place ' || p.id || ' is ' || p.state FROM licensing_place p
LEFT JOIN licensing_license l ON l.place_id = p.id
WHERE (p.state = 'served') <> (l.id IS NOT NULL)""",
    ),
    Check(
        "I3",
        "no free seat while a place waits whose window is open",
        """
SELECT c.name || ': ' || c.seats_total - c.seats_held || ' free, place ' || p.id || ' waits'
FROM licensing_cohort c JOIN LATERAL (
  SELECT w.id FROM licensing_place w
  WHERE w.cohort_id = c.id AND w.state = 'waiting' AND w.entered_at < %(grace)s
    AND (w.cohort_id, w.priority) IN (SELECT * FROM unnest(%(cohorts)s::bigint[], %(priorities)s::int[]))
    AND NOT EXISTS (SELECT 1 FROM licensing_license l WHERE l.person_id = w.person_id
                    AND l.state IN ('issued', 'invited', 'active'))
  ORDER BY w.priority, w.submitted_at, w.number LIMIT 1) p ON true
WHERE c.seats_held < c.seats_total""",
    ),
    Check(
        "I3",
        "each allocation served its places in (priority, submitted_at, id) order",
        """
SELECT 'allocation ' || allocation_id || ': place ' || place_id FROM (
  SELECT p.allocation_id, p.id AS place_id, l.id AS license_id,
    lag(l.id) OVER (PARTITION BY p.allocation_id ORDER BY p.priority, p.submitted_at, p.number) AS before
  FROM licensing_place p JOIN licensing_license l ON l.place_id = p.id) o
WHERE before > license_id""",
    ),
    Check(
        "I4",
        "each decision has another actor than the applicant, a note on behalf, a reason to reject",
        """
SELECT 'application ' || application_id FROM verification_decision
WHERE actor_id = applicant_id OR (on_behalf_of_id IS NOT NULL AND note = '')
   OR (outcome = 'rejected' AND reason = '') OR (head_id <> application_id AND turn_reason = '')""",
    ),
    Check(
        "I4",
        "every approved or rejected application has one decision, which says so",
        """
SELECT 'application ' || a.reference || ' is ' || a.status FROM applications_application a
LEFT JOIN verification_decision d ON d.application_id = a.id
WHERE a.decided_at IS NOT NULL AND (d.id IS NULL OR
  d.outcome <> CASE WHEN a.status = 'rejected' THEN 'rejected' ELSE 'approved' END)""",
    ),
    *(_moves(thing) for thing in MOVES),
    _last_event("applications_application", "application", "status"),
    _last_event("applications_document", "document", "state"),
    _last_event("licensing_place", "place", "state"),
    _last_event("licensing_license", "license", "state"),
    _last_event("licensing_revocationcase", "revocationcase", "state"),
    _last_event("verification_focalperson", "focalperson", NOMINATION),
    _last_event("verification_invitation", "invitation", INVITATION),
    _last_event("applications_university", "university", RECOGNITION),
    _last_event("dlsei_user", "user", OFFICER),
    Check(
        "I5",
        "no event is missing from a sequence",
        """
SELECT subject || ' ' || subject_id FROM dlsei_event
GROUP BY subject, subject_id HAVING max(sequence) <> count(*)""",
    ),
    Check(
        "I6",
        "every mail that is due is sent, tried or visibly failing",
        """
SELECT 'mail ' || id || ' (' || kind || ')' FROM dlsei_mail
WHERE sent_at IS NULL AND due_at < %(grace)s AND (leased_until IS NULL OR leased_until < %(grace)s)
  AND error = ''""",
    ),
    Check(
        "I6",
        "every change has the mail that it owes",
        """
SELECT 'application ' || a.reference || ' lacks ' || m.kind FROM applications_application a
CROSS JOIN LATERAL (VALUES
  ('received', a.submitted_at IS NOT NULL),
  ('application-approved', a.decided_at IS NOT NULL AND a.status <> 'rejected'),
  ('application-rejected', a.status = 'rejected')) AS m (kind, owed)
WHERE m.owed AND NOT EXISTS (SELECT 1 FROM dlsei_mail
                             WHERE key = 'application:' || a.id || ':' || m.kind)
UNION ALL
SELECT 'license ' || l.reference || ' lacks ' || m.kind FROM licensing_license l
CROSS JOIN LATERAL (VALUES
  ('revoked', l.state = 'revoked'), ('expired', l.state = 'expired'),
  ('extended', l.extended)) AS m (kind, owed)
WHERE m.owed AND NOT EXISTS (SELECT 1 FROM dlsei_mail
                             WHERE key = 'license:' || l.id || ':' || m.kind)
UNION ALL
SELECT 'license ' || l.reference || ' lacks invitation' FROM licensing_license l
WHERE l.source = 'bucket' AND l.invited_on IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM licensing_courserajob j
  JOIN dlsei_mail m ON m.key = 'license:' || l.id || ':invitation:' || j.generation
  WHERE j.license_id = l.id AND j.kind = 'invite')""",
    ),
    Check(
        "I7",
        "every bucket license has its invitation owed to Coursera",
        """
SELECT 'license ' || l.reference FROM licensing_license l
WHERE l.source = 'bucket' AND NOT EXISTS (
  SELECT 1 FROM licensing_courserajob j WHERE j.license_id = l.id AND j.kind = 'invite')""",
    ),
    Check(
        "I7",
        "every ended license that Coursera was told of is owed its removal",
        """
SELECT 'license ' || l.reference FROM licensing_license l
JOIN licensing_courserajob j ON j.license_id = l.id AND j.kind = 'invite' AND j.outcome = 'done'
WHERE l.ended_at IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM licensing_courserajob r
  WHERE r.license_id = l.id AND r.kind = 'remove' AND r.generation >= j.generation)""",
    ),
    Check(
        "I7",
        "no license is invited before Coursera is",
        """
SELECT 'license ' || l.reference FROM licensing_license l
WHERE l.source = 'bucket' AND l.invited_on IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM licensing_courserajob j
  WHERE j.license_id = l.id AND j.kind = 'invite' AND j.outcome = 'done')""",
    ),
    Check(
        "I8",
        "every revocation has its case: by rule on a report of a later day, by hand with actor and note",
        """
SELECT 'license ' || l.reference || ' (' || l.end_clause || ')' FROM licensing_license l
LEFT JOIN licensing_revocationcase k
  ON k.license_id = l.id AND k.state = 'revoked' AND k.clause = l.end_clause
LEFT JOIN licensing_report r ON r.id = k.report_id
WHERE l.state = 'revoked' AND (k.id IS NULL
  OR k.clause = '5.z' AND (k.decided_by_id IS NULL OR k.note = '')
  OR k.clause <> '5.z' AND (r.id IS NULL OR
     r.as_of < (k.deadline + 1)::timestamp AT TIME ZONE 'Asia/Karachi'
     OR NOT EXISTS (SELECT 1 FROM licensing_report_cohorts e
                    WHERE e.report_id = r.id AND e.cohort_id = l.cohort_id)
     OR l.ended_at < (k.deadline + 1)::timestamp AT TIME ZONE 'Asia/Karachi'))""",
    ),
    Check(
        "I9",
        "every decision was made by a focal person of that university in their period, or by HEC",
        """
SELECT 'application ' || d.application_id FROM verification_decision d
JOIN applications_application a ON a.id = d.application_id
JOIN dlsei_user u ON u.id = d.actor_id
WHERE NOT (u.is_hec AND d.on_behalf_of_id = a.university_id) AND NOT EXISTS (
  SELECT 1 FROM verification_focalperson f
  WHERE f.person_id = d.actor_id AND f.university_id = a.university_id
    AND f.since <= (d.at AT TIME ZONE 'Asia/Karachi')::date
    AND (f.until IS NULL OR f.until >= (d.at AT TIME ZONE 'Asia/Karachi')::date))
  AND NOT (d.on_behalf_of_id = a.university_id AND d.note <> '')""",
    ),
    Check(
        "I10",
        "no document's file has a name that could be guessed",
        """
SELECT 'document ' || id FROM applications_document
WHERE state = 'accepted' AND purged_at IS NULL AND file !~ '^documents/[0-9a-f]{32}$'
   OR state = 'checking' AND purged_at IS NULL AND file !~ '^quarantine/[0-9a-f]{32}$'
   OR state = 'refused' AND file <> ''
UNION ALL
SELECT 'page ' || id FROM applications_page WHERE file <> '' AND file !~ '^pages/[0-9a-f]{32}$'""",
    ),
]


def breaches(now: datetime) -> Iterator[Breach]:
    """Everything that breaks an invariant at `now` (aware); nothing when all is well."""
    from django.apps import apps

    from dlsei.policy.calendar_days import karachi_date

    today = karachi_date(now)
    # The ground may not import licensing; which windows are open is the policy's to say.
    cohorts = apps.get_model("licensing", "Cohort").objects.filter(closed_at=None)
    windows = [(c.pk, p) for c in cohorts for p in c.open_priorities(today)]
    params = {
        "grace": now - GRACE,
        "cohorts": [cohort for cohort, _ in windows],
        "priorities": [priority for _, priority in windows],
    }
    with connection.cursor() as cursor:
        for check in CHECKS:
            cursor.execute(f"SELECT * FROM ({check.sql}) b LIMIT {SHOWN}", params)
            for (found,) in cursor.fetchall():
                yield Breach(check.invariant, check.says, found)
