"""The outbox against a real mail server: sent once, in order, whatever one mail or the server does (I6)."""

import os
import signal
import smtplib
from datetime import timedelta
from unittest import mock

import pytest
from django.core.mail import EmailMultiAlternatives
from django.db import transaction
from django.db.models import F

from dlsei import letters, outbox
from dlsei.models import Mail
from tests.concurrency.race import race
from tests.factories import UserFactory

JOB = "dlsei.outbox.deliver"
MINUTE = timedelta(minutes=1)


def owe(person, now, *, stage="1", **values):
    outbox.enqueue(
        "application-approved",
        to=person,
        key=f"application:{person.pk}:approved:{stage}",
        values={"reference": "DL-7KQ4-2M9X", "university": "QAU", "cohort": "Cohort I", **values},
        now=now,
    )
    return Mail.objects.get(key=f"application:{person.pk}:approved:{stage}")


def owe_each_of(count, now):
    return [owe(person, now) for person in UserFactory.create_batch(count)]


@pytest.mark.django_db
class TestOwing:
    def test_the_same_key_owes_nothing_more_and_values_are_frozen(self, now):
        person = UserFactory(full_name="Ayesha O'Khan")
        first = owe(person, now, cohort="Cohort I")

        again = owe(person, now, cohort="Cohort II")

        assert again.pk == first.pk
        assert again.values["cohort"] == "Cohort I"
        assert again.values["name"] == "Ayesha O'Khan"

    def test_a_change_that_is_rolled_back_owes_nothing(self, now):
        person = UserFactory()

        with transaction.atomic():
            owe(person, now)
            transaction.set_rollback(True)

        assert not Mail.objects.exists()


@pytest.mark.django_db
class TestSending:
    def test_a_mail_is_kept_as_sent_with_a_stable_message_id(self, smtp, now):
        person = UserFactory(full_name="عائشہ خان")
        mail = owe(person, now)

        assert outbox.deliver(by=JOB, now=now) == {"sent": 1, "failed": 0}

        (message,) = smtp.taken
        mail.refresh_from_db()
        assert (mail.sent_at, mail.leased_until, mail.state) == (now, None, "sent")
        assert message["Message-ID"] == mail.message_id == f"<mail-{mail.pk}@hec.example>"
        assert message["To"] == mail.address == person.email
        assert message["Subject"] == mail.subject_line
        text, html = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
        assert text.splitlines() == mail.text.splitlines()
        assert html.splitlines() == mail.html.splitlines()

    def test_mails_go_out_in_the_order_in_which_they_were_owed(self, smtp, now):
        mails = owe_each_of(5, now)

        outbox.deliver(by=JOB, now=now)

        assert list(smtp.message_ids) == [mail.message_id for mail in mails]

    def test_a_second_run_sends_nothing(self, smtp, now):
        owe_each_of(2, now)
        outbox.deliver(by=JOB, now=now)

        assert outbox.deliver(by=JOB, now=now + MINUTE) == {"sent": 0, "failed": 0}
        assert len(smtp.taken) == 2

    def test_an_address_corrected_after_the_mail_was_owed_is_used(self, smtp, now):
        person = UserFactory(email="wrong@example.pk")
        mail = owe(person, now)
        smtp.refused["wrong@example.pk"] = "550 no such user"
        outbox.deliver(by=JOB, now=now)

        person.email = "right@example.pk"
        person.save()
        outbox.deliver(by=JOB, now=now + 61 * MINUTE)

        mail.refresh_from_db()
        assert [message["To"] for message in smtp.taken] == ["right@example.pk"]
        assert mail.address == "right@example.pk"


@pytest.mark.django_db
class TestFailing:
    """A failed mail waits its time, is shown to HEC as failing, and stops no other."""

    @pytest.mark.parametrize(
        ("reply", "wait"),
        [
            ("550 5.1.1 no such user", timedelta(hours=1)),
            ("450 4.2.1 mailbox busy", MINUTE),
            ("421 4.7.0 try again later", MINUTE),
        ],
    )
    def test_one_refused_address_waits_and_the_others_get_theirs(self, smtp, now, reply, wait):
        mails = owe_each_of(3, now)
        smtp.refused[mails[1].person.email] = reply

        assert outbox.deliver(by=JOB, now=now) == {"sent": 2, "failed": 1}

        (failing,) = Mail.objects.failing()
        assert failing.pk == mails[1].pk
        assert (failing.due_at, failing.leased_until) == (now + wait, None)
        assert reply[:3] in failing.error

    @pytest.mark.parametrize(
        ("reply", "wait"),
        [("451 greylisted", MINUTE), ("421 closing", MINUTE), ("554 no", timedelta(hours=1))],
    )
    def test_a_refused_message_waits_and_the_others_get_theirs(self, smtp, now, reply, wait):
        mails = owe_each_of(3, now)
        smtp.replies = [reply]

        assert outbox.deliver(by=JOB, now=now) == {"sent": 2, "failed": 1}

        (failing,) = Mail.objects.failing()
        assert (failing.pk, failing.due_at) == (mails[0].pk, now + wait)
        assert outbox.deliver(by=JOB, now=now + wait) == {"sent": 1, "failed": 0}
        assert set(smtp.message_ids.values()) == {1}

    def test_a_server_that_is_down_leaves_all_failing_until_it_is_back(self, smtp, now):
        owe_each_of(3, now)
        smtp.stop()

        assert outbox.deliver(by=JOB, now=now) == {"sent": 0, "failed": 3}
        assert Mail.objects.failing().count() == 3

        smtp.start()
        assert outbox.deliver(by=JOB, now=now + MINUTE) == {"sent": 3, "failed": 0}
        assert not Mail.objects.failing().exists()

    def test_a_dead_server_costs_one_attempt_to_reach_it_not_one_a_mail(self, smtp, now):
        owe_each_of(5, now)

        with mock.patch("smtplib.SMTP.connect", side_effect=TimeoutError) as connect:
            outbox.deliver(by=JOB, now=now)

        assert connect.call_count == 1

    def test_waits_grow_to_an_hour_and_never_end(self, smtp, now):
        mail = owe(UserFactory(), now)
        smtp.refused[mail.person.email] = "451 greylisted"

        waits = []
        at = now
        for _ in range(9):
            outbox.deliver(by=JOB, now=at)
            mail.refresh_from_db()
            waits.append((mail.due_at - at) // MINUTE)
            at = mail.due_at

        assert waits == [1, 2, 5, 15, 30, 60, 60, 60, 60]

    def test_what_waits_goes_before_anything_newer_to_the_same_person(self, smtp, now):
        """After an outage nobody reads of the approval first and of the receipt an hour later."""
        person, other = UserFactory.create_batch(2)
        first, of_other = owe(person, now), owe(other, now)
        smtp.stop()
        later = now
        for wait in (0, 1, 2, 5, 15, 30):
            later += wait * MINUTE
            outbox.deliver(by=JOB, now=later)
        second = owe(person, later + MINUTE, stage="2")
        outbox.deliver(by=JOB, now=later + MINUTE)
        smtp.start()

        outbox.deliver(by=JOB, now=later + 2 * MINUTE)

        assert [mail.pk for mail in outbox.sent_to(person)] == [first.pk, second.pk]
        assert [message["Message-ID"] for message in smtp.to(person.email)] == [
            first.message_id,
            second.message_id,
        ]
        of_other.refresh_from_db()
        assert of_other.sent_at is None

    def test_a_mail_that_cannot_be_written_waits_and_the_others_get_theirs(self, smtp, now):
        mails = owe_each_of(3, now)
        Mail.objects.filter(pk=mails[0].pk).update(kind="no-such-kind")

        assert outbox.deliver(by=JOB, now=now) == {"sent": 2, "failed": 1}

        (failing,) = Mail.objects.failing()
        assert failing.error.startswith("LookupError")

    def test_a_run_ends_before_its_leases_and_gives_the_rest_back(self, smtp, now):
        owe_each_of(4, now)
        slow = mock.Mock(monotonic=mock.Mock(side_effect=[0, 0, 0, 0, 1000, 1000]))

        with mock.patch.object(outbox, "time", slow):
            assert outbox.deliver(by=JOB, now=now)["sent"] == 2

        assert (
            list(Mail.objects.unsent().values_list("attempts", "leased_until")) == [(0, None)] * 2
        )


@pytest.mark.concurrency
@pytest.mark.django_db(transaction=True)
class TestSeveralWorkers:
    def deliver_at_once(self, now, workers=2):
        def delivering(meet):
            meet()
            return outbox.deliver(by=JOB, now=now)["sent"]

        return race(*[delivering] * workers)

    def test_two_at_once_send_each_mail_once(self, smtp, now):
        owe_each_of(40, now)

        with (
            mock.patch.object(outbox, "BATCH", 3),
            mock.patch.object(outbox.claim, "__defaults__", (3,)),
        ):
            sent = self.deliver_at_once(now)

        assert sum(sent) == 40, sent
        assert all(sent), "each of the two sent some"
        assert set(smtp.message_ids.values()) == {1}

    def test_control_without_the_lease_mails_go_out_twice(self, smtp, now):
        owe_each_of(40, now)

        def unleased(now, limit=50):
            due = Mail.objects.due(now).annotate(person_address=F("person__email"))
            mails = list(due.order_by("id")[:limit])
            Mail.objects.filter(pk__in=[m.pk for m in mails]).update(attempts=1)
            return mails

        with mock.patch.object(outbox, "claim", unleased):
            self.deliver_at_once(now)

        assert max(smtp.message_ids.values()) > 1


@pytest.mark.fault
@pytest.mark.django_db(transaction=True)
class TestKilled:
    def deliver_and_die(self, now, point):
        """A process that is killed (SIGKILL) at `point`, which patches the place of death in."""

        def dying():
            with point:
                outbox.deliver(by=JOB, now=now)

        from django.db import connections

        connections.close_all()
        pid = os.fork()
        if pid == 0:
            dying()
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        assert os.WTERMSIG(status) == signal.SIGKILL

    def after_the_server_took_one(self):
        def send_and_die(message, *of, **also):
            send(message, *of, **also)
            os.kill(os.getpid(), signal.SIGKILL)

        send = EmailMultiAlternatives.send
        return mock.patch.object(EmailMultiAlternatives, "send", send_and_die)

    def before_the_first(self):
        return mock.patch.object(
            letters, "render", lambda *of: os.kill(os.getpid(), signal.SIGKILL)
        )

    def test_killed_before_sending_each_mail_goes_out_once_after_the_lease(self, smtp, now):
        owe_each_of(3, now)
        self.deliver_and_die(now, self.before_the_first())

        assert outbox.deliver(by=JOB, now=now + MINUTE)["sent"] == 0, "the lease still holds"
        assert outbox.deliver(by=JOB, now=now + outbox.LEASE)["sent"] == 3
        assert set(smtp.message_ids.values()) == {1}

    def test_killed_between_the_servers_yes_and_ours_one_repeats_with_its_message_id(
        self, smtp, now
    ):
        mails = owe_each_of(3, now)
        self.deliver_and_die(now, self.after_the_server_took_one())

        outbox.deliver(by=JOB, now=now + outbox.LEASE)

        assert smtp.message_ids == {
            mails[0].message_id: 2,
            mails[1].message_id: 1,
            mails[2].message_id: 1,
        }
        assert not Mail.objects.unsent().exists()

    def test_control_without_a_lease_to_expire_killed_mails_would_never_go_out(self, smtp, now):
        owe_each_of(3, now)
        self.deliver_and_die(now, self.before_the_first())

        never_expiring = outbox.CLAIM.replace("OR leased_until <= %(now)s", "")
        with mock.patch.object(outbox, "CLAIM", never_expiring):
            assert outbox.deliver(by=JOB, now=now + outbox.LEASE)["sent"] == 0


def test_a_reply_code_is_found_in_every_way_that_smtplib_refuses():
    refused = smtplib.SMTPRecipientsRefused({"a@example.pk": (550, b"no")})

    assert outbox._reply_codes(refused) == [550]
    assert outbox._reply_codes(smtplib.SMTPDataError(554, b"no")) == [554]
    assert outbox._reply_codes(ConnectionRefusedError()) == []
