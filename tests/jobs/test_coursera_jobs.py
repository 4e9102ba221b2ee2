"""What is owed at Coursera, over the wire: invited or removed once a generation, in order (I7, R9)."""

import os
import signal
from datetime import timedelta
from unittest import mock

import pytest
from django.db import connections
from django.db.models import F

from dlsei import audit
from dlsei.models import Mail
from licensing import invitations, revocation
from licensing.coursera.api import ApiCoursera
from licensing.models import CourseraJob
from tests.concurrency.race import race
from tests.edges import reconnect
from tests.factories import HecFactory
from tests.population import issued

JOB = "licensing.invitations.deliver"
MINUTE = timedelta(minutes=1)


def deliver(now):
    return invitations.deliver(by=JOB, now=now)


def references(licenses):
    return sorted(license.reference for license in licenses)


@pytest.mark.django_db
class TestDelivering:
    def test_each_is_invited_and_then_owed_our_mail_with_the_link(self, programme, coursera, now):
        licenses = issued(3, now=now)

        assert deliver(now) == {"done": 3, "failed": 0}

        assert coursera.everybody("INVITED") == references(licenses)
        mails = Mail.objects.filter(kind="license-invitation").order_by("id")
        assert [mail.person_id for mail in mails] == [x.person_id for x in licenses]
        assert mails[0].values["link"] == licenses[0].link

    def test_an_answer_that_was_lost_is_no_second_invitation(self, programme, coursera, now):
        licenses = issued(2, now=now)
        coursera.sandbox.set_faults(lost_answers=1)

        with coursera.counting_invitations() as asked:
            assert deliver(now) == {"done": 2, "failed": 0}

        assert sorted(asked) == references(licenses)

    def test_an_outage_leaves_all_failing_until_it_is_over(self, programme, coursera, now):
        licenses = issued(2, now=now)
        coursera.sandbox.set_faults(outage=True)

        assert deliver(now) == {"done": 0, "failed": 2}
        assert CourseraJob.objects.failing().count() == 2

        coursera.sandbox.set_faults(outage=False)
        assert deliver(now + MINUTE) == {"done": 2, "failed": 0}
        assert coursera.everybody("INVITED") == references(licenses)
        assert not CourseraJob.objects.failing().exists()

    def test_a_time_that_coursera_names_is_waited_for(self, programme, coursera, now):
        issued(1, now=now)
        coursera.sandbox.set_faults(outage=True, retry_after=600)

        deliver(now)

        assert CourseraJob.objects.get().due_at == now + timedelta(seconds=600)

    def test_waits_grow_to_an_hour_and_never_end(self, programme, coursera, now):
        issued(1, now=now)
        coursera.sandbox.set_faults(no_seats=True)

        waits, at = [], now
        for _ in range(9):
            deliver(at)
            job = CourseraJob.objects.get()
            waits.append((job.due_at - at) // MINUTE)
            at = job.due_at

        assert waits == [1, 2, 5, 15, 30, 60, 60, 60, 60]
        assert "SANDBOX_NO_SEATS_LEFT" in job.error

    def test_one_that_fails_in_an_unforeseen_way_holds_up_no_other(self, programme, coursera, now):
        licenses = issued(3, now=now)
        invite = ApiCoursera.invite

        def stumbling(port, program, invitee, **also):
            if invitee.external_id == licenses[0].reference:
                raise KeyError("elements")
            return invite(port, program, invitee, **also)

        with mock.patch.object(ApiCoursera, "invite", stumbling):
            assert deliver(now) == {"done": 2, "failed": 1}

        (failing,) = CourseraJob.objects.failing()
        assert (failing.license_id, failing.error) == (licenses[0].pk, "KeyError: 'elements'")

    def test_a_run_ends_before_its_leases_and_gives_the_rest_back(self, programme, coursera, now):
        issued(4, now=now)
        slow = mock.Mock(monotonic=mock.Mock(side_effect=[0, 0, 0, 1000]))

        with mock.patch.object(invitations, "time", slow):
            assert deliver(now) == {"done": 2, "failed": 0}

        left = CourseraJob.objects.filter(done_at=None)
        assert list(left.values_list("attempts", "leased_until")) == [(0, None)] * 2


@pytest.mark.django_db
class TestEndedMeanwhile:
    def revoke(self, license, now):
        revocation.revoke(license, note="asked by the university", by=HecFactory(), now=now)

    def test_an_invitation_that_nobody_began_is_cancelled_and_needs_no_removal(
        self, programme, coursera, now
    ):
        (license,) = issued(1, now=now)
        self.revoke(license, now)

        assert deliver(now) == {"done": 0, "failed": 0}

        assert CourseraJob.objects.get().outcome == "cancelled"
        assert coursera.everybody("INVITED") == []

    def test_an_invitation_in_flight_is_followed_by_a_removal(self, programme, coursera, now):
        (license,) = issued(1, now=now)
        invite = ApiCoursera.invite

        def revoked_meanwhile(*of, **also):
            done = invite(*of, **also)
            self.revoke(license, now)
            return done

        with mock.patch.object(ApiCoursera, "invite", revoked_meanwhile):
            deliver(now)
        deliver(now)

        assert coursera.everybody("INVITED", "MEMBER") == []
        assert list(CourseraJob.objects.order_by("id").values_list("kind", "outcome")) == [
            ("invite", "done"),
            ("remove", "done"),
        ]
        assert not Mail.objects.filter(kind="license-invitation").exists()

    def test_an_invitation_whose_answer_was_lost_is_followed_by_a_removal(
        self, programme, coursera, now
    ):
        (license,) = issued(1, now=now)
        coursera.sandbox.set_faults(lost_answers=1)
        with mock.patch.object(ApiCoursera, "_look", side_effect=ConnectionError):
            deliver(now)
        assert coursera.everybody("INVITED") == [license.reference]

        self.revoke(license, now)
        deliver(now)

        assert coursera.everybody("INVITED", "MEMBER") == []

    def test_a_removal_waits_for_the_invitation_that_somebody_holds(self, programme, coursera, now):
        (license,) = issued(1, now=now)
        (held,) = invitations.claim(now)
        self.revoke(license, now)

        assert deliver(now) == {"done": 0, "failed": 0}

        invitations.perform(held, invitations.coursera(), by=JOB, now=now)
        assert deliver(now) == {"done": 1, "failed": 0}
        assert coursera.everybody("INVITED", "MEMBER") == []


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def deliver_at_once(self, now):
        def delivering(meet):
            reconnect()
            meet()
            return deliver(now)["done"]

        return race(delivering, delivering)

    def test_each_invitation_is_asked_for_once(self, programme, coursera, now, monkeypatch):
        licenses = issued(24, now=now)
        monkeypatch.setattr(invitations.claim, "__defaults__", (3,))

        with coursera.counting_invitations() as asked:
            done = self.deliver_at_once(now)

        assert sum(done) == 24, done
        assert all(done), "each of the two did some"
        assert sorted(asked) == references(licenses)

    def test_control_without_the_lease_both_ask(self, programme, coursera, now, monkeypatch):
        issued(24, now=now)

        def unleased(now, limit=20):
            jobs = CourseraJob.objects.due(now).annotate(
                reference=F("license__reference"),
                full_name=F("license__person__full_name"),
                program=F("license__cohort__coursera_program"),
            )
            return list(jobs.order_by("id")[:limit])

        monkeypatch.setattr(invitations, "claim", unleased)
        with coursera.counting_invitations() as asked:
            self.deliver_at_once(now)

        assert len(asked) > 24


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
class TestKilled:
    def deliver_and_die(self, now):
        """A process that is killed (SIGKILL) when Coursera has said yes to the first invitation."""
        invite = ApiCoursera.invite

        def invite_and_die(*of, **also):
            invite(*of, **also)
            os.kill(os.getpid(), signal.SIGKILL)

        connections.close_all()
        reconnect()
        pid = os.fork()
        if pid == 0:
            with mock.patch.object(ApiCoursera, "invite", invite_and_die):
                deliver(now)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL

    def test_between_coursera_s_yes_and_our_record_looks_before_it_repeats(
        self, programme, coursera, now
    ):
        licenses = issued(3, now=now)
        with coursera.counting_invitations() as asked:
            self.deliver_and_die(now)
            assert CourseraJob.objects.filter(done_at=None).count() == 3

            assert deliver(now + MINUTE)["done"] == 0, "the lease still holds"
            assert deliver(now + invitations.LEASE)["done"] == 3

        assert sorted(asked) == references(licenses)
        assert Mail.objects.filter(kind="license-invitation").count() == 3
        assert not [b for b in audit.breaches(now) if b.invariant == "I7"]

    def test_control_without_looking_the_invitation_is_asked_for_twice(
        self, programme, coursera, now
    ):
        licenses = issued(3, now=now)
        with (
            coursera.counting_invitations() as asked,
            mock.patch.object(ApiCoursera, "_look", lambda *of: None),
        ):
            self.deliver_and_die(now)
            deliver(now + invitations.LEASE)

        assert asked.count(licenses[0].reference) == 2
