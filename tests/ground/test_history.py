"""History: exactly one event a change of state, written by the database, never changed (I5)."""

import pytest
from django.db import InternalError, connection, transaction
from django.db.utils import DatabaseError

from applications.models import Application
from dlsei.history import acting
from dlsei.models import Event
from tests.factories import (
    SYSTEM,
    FocalPersonFactory,
    HecFactory,
    UserFactory,
    draft,
    licensed,
    submitted,
)
from verification import decisions

pytestmark = pytest.mark.django_db


def story(thing):
    return list(Event.objects.about(thing).values_list("from_state", "to_state"))


def new_drafts(count, now):
    return Application.objects.bulk_create(
        Application(person=person, reference=f"DL-{person.pk}", created_at=now)
        for person in UserFactory.create_batch(count)
    )


class TestOneEventAChange:
    def test_of_one_row(self, programme, now):
        application = submitted(now=now)

        assert story(application) == [("", "draft"), ("draft", "pending")]
        submission = Event.objects.about(application).last()
        assert (submission.actor, submission.job, submission.at, submission.sequence) == (
            application.person,
            "",
            now,
            2,
        )

    def test_of_many_rows_in_one_statement(self, now):
        with acting(by=SYSTEM, now=now):
            drafts = new_drafts(50, now)
        assert Event.objects.filter(subject="application").count() == 50

        with acting(by=SYSTEM, now=now):
            Application.objects.filter(pk__in=[d.pk for d in drafts[:20]]).delete()

        assert Event.objects.count() == 50, "what is deleted keeps its history"

    def test_of_a_raw_update(self, programme, now):
        applications = [submitted(now=now) for _ in range(3)]

        with acting(by="a.job", now=now), connection.cursor() as cursor:
            cursor.execute("UPDATE applications_application SET status = 'withdrawn'")

        for application in applications:
            assert story(application)[2:] == [("pending", "withdrawn")]
        assert set(Event.objects.filter(sequence=3).values_list("job", "actor")) == {
            ("a.job", None)
        }

    def test_an_update_that_changes_no_state_is_no_event_and_needs_no_actor(self, programme, now):
        application = draft(now=now)

        Application.objects.filter(pk=application.pk).update(category="staff")

        assert story(application) == [("", "draft")]

    def test_of_mixed_rows_only_those_whose_state_moved(self, programme, now):
        pending, still_draft = submitted(now=now), draft(now=now)

        with acting(by=SYSTEM, now=now), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE applications_application SET category = 'staff',"
                " status = CASE status WHEN 'pending' THEN 'withdrawn' ELSE status END"
            )

        assert story(pending)[-1] == ("pending", "withdrawn")
        assert story(still_draft) == [("", "draft")]

    def test_of_two_changes_in_one_transaction_both(self, programme, now):
        license = licensed(now=now)

        assert story(license.place) == [("", "waiting"), ("waiting", "served")]
        assert story(license) == [("", "issued")]


class TestWhoAndWhy:
    def test_without_an_actor_and_time_the_database_refuses_a_new_thing(self, now):
        person = UserFactory()
        with pytest.raises(DatabaseError, match="names no actor"), transaction.atomic():
            Application.objects.create(person=person, reference="DL-1", created_at=now)

        assert not Application.objects.exists()

    @pytest.mark.parametrize(
        "change",
        [
            lambda: Application.objects.update(status="withdrawn"),
            lambda: connection.cursor().execute(
                "UPDATE applications_application SET status = 'withdrawn'"
            ),
        ],
        ids=["orm", "raw"],
    )
    def test_without_an_actor_and_time_the_database_refuses_a_change(self, programme, now, change):
        submitted(now=now)
        with pytest.raises(DatabaseError, match="names no actor"), transaction.atomic():
            change()

        assert Application.objects.get().status == "pending"

    def test_an_actor_named_before_does_not_stand_for_what_follows(self, programme, now):
        submitted(now=now)

        with acting(by=SYSTEM, now=now):
            pass
        with pytest.raises(DatabaseError, match="names no actor"), transaction.atomic():
            Application.objects.update(status="withdrawn")

    def test_on_behalf_of_and_clause_are_recorded(self, programme, now):
        application, officer = submitted(now=now), HecFactory()
        FocalPersonFactory(university=application.university)

        decisions.approve(application, by=officer, note="letter of the registrar", now=now)

        event = Event.objects.about(application).last()
        assert (event.to_state, event.actor, event.on_behalf_of, event.clause) == (
            "approved",
            officer,
            application.university.name,
            "4.1.g",
        )

    def test_the_inner_names_hold_inside_and_the_outer_ones_after(self, now):
        with acting(by="outer", now=now, clause="5.i"):
            with acting(by="inner", now=now, clause="5.z"):
                (first,) = new_drafts(1, now)
            (second,) = new_drafts(1, now)

        assert list(Event.objects.order_by("id").values_list("job", "clause")) == [
            ("inner", "5.z"),
            ("outer", "5.i"),
        ]


class TestAppendOnly:
    @pytest.mark.parametrize(
        "change",
        [
            "UPDATE dlsei_event SET job = 'somebody else'",
            "DELETE FROM dlsei_event",
            "TRUNCATE dlsei_event",
        ],
    )
    def test_events_are_neither_changed_nor_deleted(self, now, change):
        with acting(by=SYSTEM, now=now):
            new_drafts(1, now)

        with (
            pytest.raises((InternalError, DatabaseError), match="append-only"),
            transaction.atomic(),
            connection.cursor() as cursor,
        ):
            cursor.execute(change)

        assert Event.objects.get().job == SYSTEM
