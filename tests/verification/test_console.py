"""HEC's console: every list and every act, through the pages."""

from datetime import timedelta

import pytest
from django.urls import reverse

from applications.models import Document, University
from dlsei import history
from dlsei.models import Mail, User
from licensing.models import (
    Cohort,
    CourseraJob,
    License,
    Report,
    RevocationCase,
    RevocationRun,
)
from tests.factories import (
    NOW,
    SYSTEM,
    FocalPersonFactory,
    HecFactory,
    UniversityFactory,
    UserFactory,
    licensed,
    submitted,
)
from tests.rows import dispute, failing, failing_mail, unmatched, with_case
from verification import decisions
from verification.models import Invitation

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]


@pytest.fixture
def hec():
    return HecFactory(full_name="Sana of HEC")


@pytest.fixture
def browser(sign_in, hec):
    return sign_in(hec)


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


def test_home_counts_what_needs_hec(browser):
    # Given something of each kind
    submitted()
    with_case()
    failing_mail()
    failing(CourseraJob.objects.get())
    dispute()
    page = browser.get(reverse("hec_home"))
    figures = page.context["figures"]
    assert (figures.cases, figures.failing_mails, figures.failing_jobs, figures.disputes) == (
        1,
        1,
        1,
        1,
    )
    assert figures.pending == 3
    assert figures.unworked == 3
    assert "18,000" in text_of(page)


@pytest.mark.parametrize(("days", "is_old"), [(3, False), (4, True)])
def test_home_says_when_courseras_data_has_grown_old(browser, clock, days, is_old):
    Report.objects.create(source="api", as_of=NOW, imported_at=NOW, rows=1)
    clock.move_to(NOW + timedelta(days=days))

    page = text_of(browser.get(reverse("hec_home")))

    assert ("no license is revoked before newer data comes" in page) == is_old


def test_after_the_last_of_a_queue_hec_finds_the_other_queues(browser, sign_in):
    focal = FocalPersonFactory()
    queue = reverse("queue", args=[focal.university_id])

    assert "Queues of the other universities" in text_of(browser.get(queue))
    assert "Queues of the other universities" not in text_of(sign_in(focal.person).get(queue))


def test_from_their_account_staff_find_back_to_the_portal(browser, sign_in):
    assert 'href="/admin/"' in text_of(browser.get("/account/"))
    assert 'href="/admin/"' in text_of(sign_in(FocalPersonFactory().person).get("/account/"))
    assert 'href="/admin/"' not in text_of(sign_in(submitted().person).get("/account/"))


class TestQueues:
    def test_counts_what_is_to_decide_and_leaves_out_what_waits_for_an_answer(self, browser, clock):
        focal = FocalPersonFactory()
        asked = submitted(university=focal.university)
        submitted(university=focal.university)
        decisions.ask(asked, text="?", by=focal.person, now=NOW)
        clock.move_to(NOW + timedelta(hours=25))
        (university,) = browser.get(reverse("hec_queues")).context["page"].rows
        assert (university.pending, university.overdue, university.worked) == (1, 1, True)

    @pytest.mark.parametrize(("only", "names"), [("overdue", ["Late"]), ("unworked", ["Late"])])
    def test_filters(self, browser, clock, only, names):
        submitted(university=UniversityFactory(name="Late"))
        clock.move_to(NOW + timedelta(hours=25))
        worked = FocalPersonFactory(university__name="Worked")
        submitted(university=worked.university, now=NOW + timedelta(hours=25))
        found = browser.get(reverse("hec_queues"), {"only": only}).context["page"].rows
        assert [university.name for university in found] == names


class TestUniversities:
    def test_add(self, browser):
        values = {
            "name": "University of Gilgit",
            "sector": "public",
            "city": "Gilgit",
            "domains": "uog.edu.pk, x.pk",
        }
        browser.post(reverse("hec_university_add"), values)
        university = University.objects.get(name="University of Gilgit")
        assert university.recognized
        assert university.domains == ["uog.edu.pk", "x.pk"]

    def test_a_second_one_of_the_name_is_refused_and_nothing_typed_is_lost(self, browser):
        UniversityFactory(name="University of Gilgit")
        page = browser.post(
            reverse("hec_university_add"), {"name": "university of gilgit", "city": "Skardu"}
        )
        assert "There is a university of this name already." in text_of(page)
        assert 'value="Skardu"' in text_of(page)

    def test_correct(self, browser):
        university = UniversityFactory(name="Old")
        browser.post(
            reverse("hec_university", args=[university.pk]), {"name": "New", "city": "Quetta"}
        )
        university.refresh_from_db()
        assert (university.name, university.city) == ("New", "Quetta")

    def test_recognition_is_withdrawn_and_given(self, browser):
        university = UniversityFactory()
        for recognized in (False, True):
            browser.post(reverse("hec_recognition", args=[university.pk]))
            university.refresh_from_db()
            assert university.recognized is recognized


class TestFocalPersons:
    def nominate(self, browser, university, **values):
        values = {
            "new-email": "Bilal@example.pk",
            "new-full_name": "Dr. Bilal",
            "new-since": "2023-01-10",
            "new-until": "",
            "new-language": "en",
        } | {f"new-{key}": value for key, value in values.items()}
        return browser.post(reverse("hec_nominate", args=[university.pk]), values)

    def test_who_is_invited_has_nothing_before_accepting(self, browser, sign_in):
        university = UniversityFactory()
        self.nominate(browser, university)
        person = User.objects.get(email="bilal@example.pk")
        assert not person.has_usable_password()
        assert person.mails.get().kind == "nomination"
        assert sign_in(person).get(reverse("queue", args=[university.pk])).status_code == 404
        page = browser.get(reverse("hec_university", args=[university.pk]))
        assert "Invited, until" in text_of(page)

    def test_a_known_address_is_invited_as_it_is(self, browser):
        person = UserFactory(email="bilal@example.pk", full_name="As registered")
        self.nominate(browser, UniversityFactory())
        assert Invitation.objects.get().person == person
        person.refresh_from_db()
        assert person.full_name == "As registered"
        assert person.has_usable_password()

    def test_the_last_day_is_not_before_the_first(self, browser):
        page = self.nominate(browser, UniversityFactory(), until="2023-01-09")
        assert "The last day is before the first day." in text_of(page)
        assert 'value="Dr. Bilal"' in text_of(page)
        assert not Invitation.objects.exists()

    def test_suspended_at_once_and_lifted(self, browser, sign_in):
        focal = FocalPersonFactory()
        queue = reverse("queue", args=[focal.university_id])
        suspend = reverse("hec_focal_suspend", args=[focal.pk])
        browser.post(suspend)
        assert sign_in(focal.person).get(queue).status_code == 404
        browser.post(suspend)
        assert sign_in(focal.person).get(queue).status_code == 200

    def test_ended_on_a_day(self, browser, sign_in, clock):
        focal = FocalPersonFactory()
        browser.post(reverse("hec_focal_end", args=[focal.pk]), {"until": "2023-01-10"})
        queue = reverse("queue", args=[focal.university_id])
        assert sign_in(focal.person).get(queue).status_code == 200
        clock.move_to(NOW + timedelta(days=1))
        assert sign_in(focal.person).get(queue).status_code == 404


class TestApplication:
    def test_shows_the_whole_history(self, browser):
        # Given an application asked about, approved on behalf, licensed and revoked by hand
        case = with_case()
        application = case.license.place.application
        browser.post(
            reverse("hec_license_revoke", args=[case.license.reference]),
            {"note": "Asked by the university"},
        )
        text = text_of(browser.get(reverse("hec_application", args=[application.reference])))
        for words in (
            "Application: Approved",
            "License: Issued",
            "License: Revoked",
            "Application approved",
            "Asked by the university",
            case.license.reference,
        ):
            assert words in text

    @pytest.mark.parametrize("find", ["reference", "license", "name", "number", "address"])
    def test_search(self, browser, find):
        license = licensed()
        person = license.person
        words = {
            "reference": license.place.application.reference,
            "license": license.reference,
            "name": person.full_name,
            "number": person.identity_number,
            "address": person.email.upper(),
        }[find]
        submitted()
        assert browser.get(reverse("hec_search"), {"q": words}).context["page"].rows == [person]


class TestCases:
    @pytest.mark.parametrize(
        ("press", "state", "left"),
        [("confirm", "revoked", "revoked"), ("dismiss", "dismissed", "issued")],
    )
    def test_confirm_or_dismiss_with_a_note(self, browser, hec, press, state, left):
        case = with_case()
        address = reverse("hec_case", args=[case.license.reference])
        assert "Write down the information" in text_of(
            browser.post(address, {press: "1", "note": ""})
        )
        browser.post(address, {press: "1", "note": "Seen with the university"})
        case.refresh_from_db()
        case.license.refresh_from_db()
        assert (case.state, case.license.state, case.decided_by) == (state, left, hec)

    def test_a_case_closed_meanwhile_is_refused(self, browser):
        case = with_case()
        with history.acting(by=SYSTEM, now=NOW):
            RevocationCase.objects.filter(pk=case.pk).update(state="closed", closed_at=NOW)
        address = reverse("hec_case", args=[case.license.reference])
        assert "No case is open on this license any more" in text_of(
            browser.post(address, {"note": "x"})
        )

    def test_revoking_by_hand_needs_a_note_and_a_live_license(self, browser):
        license = licensed()
        address = reverse("hec_license_revoke", args=[license.reference])
        assert "Write down the information" in text_of(browser.post(address, {"note": ""}))
        browser.post(address, {"note": "Asked by the learner"})
        license.refresh_from_db()
        assert (license.state, license.end_clause) == ("revoked", "5.z")
        assert "no live license" in text_of(browser.post(address, {"note": "again"}))


def test_confirming_a_run_confirms_that_one_only(browser, hec):
    first, second = (
        RevocationRun.objects.create(cohort=cohort, would_revoke=900, live=1000, stopped_at=NOW)
        for cohort in Cohort.objects.all()
    )
    address = reverse("hec_run_confirm", args=[second.pk])
    browser.post(address)
    for again in (browser.get(address, follow=True), browser.post(address, follow=True)):
        assert "goes on already, or is over" in text_of(again)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.confirmed_by, second.confirmed_by) == (None, hec)


class TestOutbox:
    def test_a_failing_mail_is_tried_again_now(self, browser, nudged):
        mail = failing_mail()
        assert "SMTPServerDisconnected" in text_of(browser.get(reverse("hec_outbox")))
        browser.post(reverse("hec_mail_again", args=[mail.pk]))
        mail.refresh_from_db()
        assert mail.due_at == NOW

    def test_a_mail_not_written_yet_is_named_in_words(self, browser):
        mail = failing_mail()
        text = text_of(browser.get(reverse("hec_outbox")))
        assert "Application received" in text
        assert mail.values["reference"] in text
        assert "application-received" not in text

    def test_a_failing_job_is_tried_again_now(self, browser):
        licensed()
        job = failing(CourseraJob.objects.get())
        page = browser.get(reverse("hec_outbox"), {"list": "failing-jobs"})
        assert "Unavailable: 503" in text_of(page)
        browser.post(reverse("hec_job_again", args=[job.pk]))
        job.refresh_from_db()
        assert job.due_at == NOW


def test_a_report_lists_what_fits_no_license(browser):
    row = unmatched()
    text = text_of(browser.get(reverse("hec_report", args=[row.report_id])))
    assert "x@example.com" in text


class TestDisputes:
    def test_both_people_are_seen_with_their_documents(self, browser):
        open_dispute = dispute()
        documents = Document.objects.filter(application__person=open_dispute.application.person)

        page = text_of(browser.get(reverse("hec_dispute", args=[open_dispute.pk])))

        assert documents
        for document in documents:
            assert f'<img src="{document.page_urls[0]}"' in page
        assert f"{open_dispute.application.person.identity_number[:5]}-" in page

    def test_settled_with_a_note(self, browser, hec):
        open_dispute = dispute()
        address = reverse("hec_dispute", args=[open_dispute.pk])
        kept = {"outcome": "kept"}
        assert "Write down the information" in text_of(browser.post(address, kept | {"note": ""}))
        browser.post(address, kept | {"note": "Both CNICs seen; the first is right"})
        open_dispute.refresh_from_db()
        assert (open_dispute.settled_by, open_dispute.settled_at) == (hec, NOW)
        assert browser.get(address).status_code == 404


class TestInviteFiles:
    @pytest.fixture(autouse=True)
    def by_file(self, settings):
        settings.COURSERA_MODE = "csv"

    def file(self, browser):
        browser.post(reverse("hec_invites"))
        (file,) = browser.get(reverse("hec_invites")).context["files"]
        return file

    def test_each_person_is_in_one_file_and_our_mail_follows_the_upload(self, browser):
        # Given two licenses, and a third after the first file was taken
        first, second = licensed(), licensed()
        file = self.file(browser)
        third = licensed()

        # Then the file names the first two
        text = text_of(browser.get(reverse("hec_invites_file", args=[file["name"]])))
        assert first.reference in text
        assert second.reference in text
        assert third.reference not in text
        assert browser.get(reverse("hec_invites")).context["owed"] == 1

        # When it is marked as uploaded, twice
        address = reverse("hec_invites_uploaded", args=[file["name"]])
        browser.post(address, {"uploaded": "1"})
        assert browser.post(address, {"uploaded": "1"}).status_code == 404

        # Then each of the two is told once, and nobody else
        told = Mail.objects.filter(kind="license-invitation").values_list("person", flat=True)
        assert sorted(told) == [first.person_id, second.person_id]

    def test_a_license_that_ends_after_the_file_was_taken_is_followed_by_a_removal(self, browser):
        license = licensed()
        file = self.file(browser)
        browser.post(reverse("hec_license_revoke", args=[license.reference]), {"note": "x"})
        assert browser.get(reverse("hec_invites_file", args=[file["name"]])).status_code == 404
        assert license.coursera_jobs.filter(kind="remove").exists()

    def test_a_file_set_aside_is_taken_anew(self, browser, clock):
        licensed()
        file = self.file(browser)
        browser.post(reverse("hec_invites_uploaded", args=[file["name"]]), {"set_aside": "1"})
        clock.move_to(NOW + timedelta(minutes=1))
        assert self.file(browser)["name"] != file["name"]
        assert not Mail.objects.filter(kind="license-invitation").exists()

    def test_with_the_api_there_is_no_file(self, browser, settings):
        settings.COURSERA_MODE = "api"
        licensed()
        assert browser.post(reverse("hec_invites")).status_code == 404
        assert License.objects.get().coursera_jobs.get().file == ""
