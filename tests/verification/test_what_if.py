"""What-if: who would be affected by other figures, found out on live data that stays as it is; scenarios played."""

import csv
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import InternalError, connection
from django.urls import reverse

from dlsei.policy import clocks
from licensing import clock, programme
from licensing import what_if as licensing
from licensing.models import Cohort, License, Programme, Report
from tests.factories import (
    NOW,
    SYSTEM,
    HecFactory,
    approved,
    draft,
    licensed,
    submitted,
)
from verification import scenario_play, what_if
from verification.models import Affected, WhatIf
from verification.what_if_forms import FiguresForm

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]
OWN = {"verification_whatif", "verification_affected"}
SCENARIOS = Path(settings.BASE_DIR) / "tests/scenarios"
LATER = NOW + timedelta(days=12)
"""Day 12 after the invitation: what 15 days forgive, 10 do not."""


@pytest.fixture
def hec():
    return HecFactory(full_name="Sana of HEC")


@pytest.fixture
def browser(sign_in, hec):
    return sign_in(hec)


def lines(response):
    text = b"".join(response.streaming_content).decode().removeprefix("\ufeff")
    return list(csv.DictReader(text.splitlines()))


def invited() -> License:
    """A license invited on the day of `NOW`, its clock set by the real SQL."""
    license = licensed()
    License.objects.filter(pk=license.pk).update(invited_on=NOW.date(), invited_at=NOW)
    clock.recompute([license.pk])
    license.refresh_from_db()
    return license


def report(as_of=LATER) -> Report:
    found = Report.objects.create(source="api", as_of=as_of, imported_at=as_of)
    found.cohorts.set(Cohort.objects.all())
    return found


def ask(hec, overrides, now=LATER) -> WhatIf:
    asked = what_if.ask_figures("Try", overrides, by=hec, now=now)
    what_if.run(by=SYSTEM, now=now)
    asked.refresh_from_db()
    assert asked.state == "done", asked.failure
    return asked


def days(clause: str, number: int, cohort: str = "Cohort I") -> dict:
    return {"cohorts": {cohort: {"revocation": {clause: {"days": number}}}}}


def fingerprint() -> dict[str, str]:
    """Every row of every table but the what-ifs' own."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor)) - OWN
        found = {}
        for table in sorted(tables):
            cursor.execute(
                f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM \"{table}\" t"
            )
            found[table] = cursor.fetchone()[0]
        return found


class TestLiveData:
    def test_stays_as_it_is_to_the_row(self, hec):
        # Given something that each kind of figure concerns
        invited()
        report()
        approved()
        submitted()
        draft()
        before = fingerprint()

        ask(
            hec,
            {
                "cohorts": {
                    "Cohort I": {
                        "ends": "2023-06-30",
                        "revocation": {"5.i": {"days": 3}},
                        "tranches": [{"size": 1, "from": "2023-01-02"}],
                    }
                },
                "extension": {"percent": 10},
                "queue": {"due_hours": 1},
            },
        )

        assert Affected.objects.exists()
        assert fingerprint() == before

    def test_control_one_changed_row_is_noticed(self):
        license = invited()
        before = fingerprint()
        License.objects.filter(pk=license.pk).update(next_stage=7)
        assert fingerprint() != before

    def test_the_database_refuses_to_write_meanwhile(self):
        license = invited()
        with pytest.raises(InternalError, match="read-only"), licensing.reading():
            License.objects.filter(pk=license.pk).update(next_stage=7)


class TestLicenses:
    def test_a_shorter_threshold_revokes_whom_the_real_sweep_would(self, hec):
        license = invited()
        report()
        asked = ask(hec, days("5.i", 10))
        (row,) = Affected.objects.filter(what_if=asked)
        assert (row.group, row.reference) == ("revoked", license.reference)
        assert (row.before, row.before_clause) == (NOW.date() + timedelta(days=15), "5.i")
        assert (row.after, row.after_clause) == (NOW.date() + timedelta(days=10), "5.i")

    def test_nobody_is_due_before_a_report_proves_it(self, hec):
        invited()
        report(as_of=NOW + timedelta(days=5))
        assert ask(hec, days("5.i", 10)).result["groups"] == {"earlier": 1}

    def test_a_case_instead_of_a_revocation(self, hec):
        invited()
        report(as_of=NOW + timedelta(days=20))
        overrides = {"cohorts": {"Cohort I": {"revocation": {"5.i": {"mode": "review"}}}}}
        asked = ask(hec, overrides, now=NOW + timedelta(days=20))
        assert asked.result["groups"] == {"case": 1}

    def test_who_is_due_would_be_spared(self, hec):
        invited()
        report(as_of=NOW + timedelta(days=20))
        assert ask(hec, days("5.i", 25), now=NOW + timedelta(days=20)).result["groups"] == {
            "spared": 1
        }

    def test_another_cohorts_figures_concern_nobody_here(self, hec):
        invited()
        report()
        assert ask(hec, days("5.i", 10, "Cohort II")).result["groups"] == {}

    def test_the_brake_would_stop_it(self, hec):
        invited()
        invited()
        report()
        overrides = days("5.i", 10)
        overrides["cohorts"]["Cohort I"]["revocation"]["brake"] = {"licenses": 1, "share": 0.1}
        assert ask(hec, overrides).result["brakes"] == [
            {"cohort": "Cohort I", "would_revoke": 2, "stops": True}
        ]

    def test_an_earlier_end(self, hec):
        license = invited()
        asked = ask(hec, {"cohorts": {"Cohort I": {"ends": "2023-06-30"}}})
        row = Affected.objects.get(what_if=asked, group="ends-earlier")
        assert (row.reference, row.before, row.after) == (
            license.reference,
            date(2023, 7, 31),
            date(2023, 6, 30),
        )

    def test_the_clock_by_other_rules_is_the_policys(self):
        """The SQL that would set the clock and the policy's function say the same."""
        license = invited()
        cohort = Cohort.objects.named("Cohort I")
        rules = what_if.with_overrides(days("5.i", 4)).cohorts["Cohort I"].revocation.rules
        (row,) = clock.would_be(cohort.pk, rules, after=0, limit=10)
        said = clocks.next_deadline(license.facts(), rules)
        assert said
        assert (row.other_deadline, row.other_clause) == (said.on, said.clause)
        assert (row.deadline, row.clause) == (license.next_deadline, license.next_clause)


class TestLineAndApplications:
    def test_more_seats_serve_the_first_in_line(self, hec):
        # Given a bucket of one seat that is held, and two in line
        licensed()
        first, _second = approved(), approved()
        small = Programme.in_force().text.replace("size = 18000", "size = 1")
        programme.load(small, "small.toml", by=SYSTEM, now=NOW)

        seats = [{"size": 2, "from": "2023-01-02"}]
        asked = ask(hec, {"cohorts": {"Cohort I": {"tranches": seats}}}, now=NOW)

        (row,) = asked.affected.all()
        assert (row.group, row.reference) == ("served", first.reference)

    def test_drafts_are_counted_and_not_named(self, hec, browser):
        drafted = draft()
        closed = {"cohorts": {"Cohort I": {"intake_until": "2023-01-05"}}}
        asked = ask(hec, closed, now=NOW)
        applying = asked.result["applying"]
        assert (applying["could"], applying["could_then"], applying["lost"]) == (1, 0, 1)
        page = browser.get(reverse("hec_what_if", args=[asked.pk])).content.decode()
        assert drafted.person.full_name not in page

    def test_a_shorter_due_time_makes_more_overdue(self, hec):
        submitted(now=NOW - timedelta(hours=3))
        assert ask(hec, {"queue": {"due_hours": 1}}, now=NOW).result["overdue"] == [0, 1]


class TestPages:
    def form_data(self, **changes):
        form = FiguresForm(programme=Programme.in_force().policy)
        names = {(figure.cohort, figure.name): name for name, figure in form.figures.items()}
        values = {name: form[name].initial for name in form.figures}
        values = {name: "" if value is None else str(value) for name, value in values.items()}
        for (cohort, name), value in changes.get("to", {}).items():
            values[names[cohort, name]] = value
        return values | {"title": "Ten days"}

    def test_only_what_was_changed_is_asked(self, browser):
        data = self.form_data(to={("Cohort I", 'revocation."5.i".days'): "10"})
        page = browser.post(reverse("hec_what_if_ask"), data, follow=True)
        assert WhatIf.objects.get().overrides == days("5.i", 10)
        assert "data-reload" in page.content.decode()

    def test_nothing_changed_is_said(self, browser):
        page = browser.post(reverse("hec_what_if_ask"), self.form_data())
        assert "Change at least one figure below." in page.content.decode()
        assert not WhatIf.objects.exists()

    def test_what_no_programme_allows_is_said_at_its_field(self, browser):
        data = self.form_data(to={("Cohort I", "ends"): "2022-01-01"})
        page = browser.post(reverse("hec_what_if_ask"), data)
        form = page.context["form"]
        wrong = [form.figures[name].name for name in form.errors if name in form.figures]
        assert wrong == ["ends"]
        assert 'value="2022-01-01"' in page.content.decode()

    def test_tranches_and_stages_are_lists(self, browser):
        data = self.form_data(
            to={
                ("Cohort II", "tranches"): "26,000 from 2023-08-01; 500 from 2023-10-01",
                ("Cohort I", 'revocation."5.iv".stages'): "45 review; 90 automatic",
            }
        )
        browser.post(reverse("hec_what_if_ask"), data)
        asked = WhatIf.objects.get().overrides["cohorts"]
        assert asked["Cohort II"]["tranches"][1] == {"size": 500, "from": "2023-10-01"}
        assert asked["Cohort I"]["revocation"]["5.iv"]["stages"][0]["days"] == 45

    def test_a_list_that_cannot_be_read_says_how_it_is_written(self, browser):
        data = self.form_data(to={("Cohort II", "tranches"): "many"})
        page = browser.post(reverse("hec_what_if_ask"), data)
        assert "Write it like this" in page.content.decode()

    def test_behind_each_figure_is_its_list_and_file(self, browser, hec):
        invited()
        report()
        asked = ask(hec, days("5.i", 10))
        address = reverse("hec_what_if", args=[asked.pk])
        assert "would be revoked by the next run" in browser.get(address).content.decode()
        assert len(browser.get(address, {"group": "revoked"}).context["page"].rows) == 1
        (row,) = lines(browser.get(address, {"group": "revoked", "format": "csv"}))
        assert (row["Clause then"], row["Day then"]) == ("5.i", "2023-01-20")

    def test_an_old_question_is_forgotten(self, hec):
        what_if.ask_figures("Old", {"queue": {"due_hours": 1}}, by=hec, now=NOW)
        what_if.run(by=SYSTEM, now=NOW + timedelta(days=31))
        assert not WhatIf.objects.exists()

    def test_a_question_fails_visibly_after_some_attempts(self, hec, monkeypatch):
        def broken(*args):
            raise ValueError("broken")

        monkeypatch.setattr(what_if, "_figures", broken)
        asked = what_if.ask_figures("Try", {"queue": {"due_hours": 1}}, by=hec, now=NOW)
        for _ in range(what_if.ATTEMPTS):
            what_if.run(by=SYSTEM, now=NOW)
        asked.refresh_from_db()
        assert (asked.state, asked.failure) == ("failed", "ValueError: broken")


def scenario() -> str:
    return (SCENARIOS / "first-come-first-served.toml").read_text(encoding="utf-8")


class TestScenario:
    def played(self, hec, text):
        asked = what_if.ask_scenario("One applies", text, by=hec, now=NOW)
        what_if.run(by=SYSTEM, now=NOW)
        asked.refresh_from_db()
        return asked

    def test_is_played_by_replay_in_a_database_of_its_own(self, hec, browser):
        before = fingerprint()
        asked = self.played(hec, scenario())
        assert (asked.state, asked.failure) == ("done", "")
        assert all(one["passed"] for one in asked.result["expectations"])
        assert fingerprint() == before
        page = browser.get(reverse("hec_what_if", args=[asked.pk]))
        assert "expectations were met" in page.content.decode()

    def test_what_did_not_come_as_expected_stands_beside_what_came(self, hec, browser):
        text = scenario()
        for at in ("2023-02-01 08:59", "2023-02-01 09:00"):
            text += f'\n[[expect]]\nat = "{at}"\nwho = "a1"\nmails = ["license-revoked"]\n'
        asked = self.played(hec, text)
        page = browser.get(reverse("hec_what_if", args=[asked.pk])).content.decode()
        assert "2 expectations were not met." in page
        assert page.count("mails = license-revoked<") == 2
        assert "mails = application-received<" in page
        assert "mails = –<" in page

    def test_a_file_that_is_none_says_what_is_wrong_with_it(self, hec, browser):
        asked = self.played(hec, 'title = "x"\nfoo = 1\n')
        assert asked.state == "failed"
        assert "scenario.toml" in asked.failure
        page = browser.get(reverse("hec_what_if", args=[asked.pk])).content.decode()
        assert "It could not be worked out" in page

    def test_one_that_takes_too_long_is_stopped(self, hec, monkeypatch):
        monkeypatch.setattr(scenario_play, "SECONDS", 0.2)
        asked = self.played(hec, scenario())
        assert asked.state == "failed"
        assert "was stopped" in asked.failure

    @pytest.mark.parametrize(
        ("content", "said"),
        [(b"\xff\xfe", "not text in UTF-8"), (b"x" * 300_000, "larger than 256 KiB")],
    )
    def test_what_is_no_such_file_is_refused_at_once(self, browser, content, said):
        file = SimpleUploadedFile("s.toml", content)
        page = browser.post(reverse("hec_what_ifs"), {"file": file})
        assert said in page.content.decode()
        assert not WhatIf.objects.exists()

    def test_an_upload_waits_for_the_worker(self, browser, nudged):
        file = SimpleUploadedFile("s.toml", scenario().encode())
        browser.post(reverse("hec_what_ifs"), {"file": file})
        assert WhatIf.objects.get().title == "s.toml"
