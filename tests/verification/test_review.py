"""Reviewing and deciding: what is shown, what is recorded, what a refusal says."""

from datetime import timedelta

import pytest
from django.urls import reverse

from applications import submission, universities
from applications.models import Application
from dlsei.models import Mail
from tests.factories import (
    NOW,
    FocalPersonFactory,
    HecFactory,
    UserFactory,
    draft,
    submitted,
)
from verification import decisions, queue
from verification.models import Decision, Sighting

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("programme", "clock")]


@pytest.fixture
def focal():
    return FocalPersonFactory()


@pytest.fixture
def browser(sign_in, focal):
    return sign_in(focal.person)


@pytest.fixture
def application(focal):
    return submitted(UserFactory(full_name="Ayesha O'Khan عائشہ"), focal.university, now=NOW)


def url(name, application):
    return reverse(name, args=[application.reference])


def text_of(response):
    assert response.status_code == 200
    return response.content.decode()


class TestReview:
    def test_shows_claims_documents_and_checks_and_records_who_saw_it(
        self, browser, focal, application
    ):
        page = browser.get(url("review", application))
        text = text_of(page)
        document = application.documents.get()
        assert "BS Computer Science" in text
        assert f'<img src="{reverse("document", args=[document.public_id])}"' in text
        checks = page.context["checks"]
        assert [check.clause for check in checks] == ["3.b", "3.a", "4.1.b", "A.2", "A.1", "4.1.c"]
        assert all(check.passed for check in checks)
        assert Sighting.objects.get().person == focal.person

    def test_a_failed_check_names_its_clause(self, browser, focal):
        application = submitted(university=focal.university)
        universities.withdraw_recognition(focal.university, by=HecFactory(), now=NOW)
        failed = [
            c for c in browser.get(url("review", application)).context["checks"] if not c.passed
        ]
        assert [check.clause for check in failed] == ["3.a"]

    def test_out_of_turn_names_the_one_before(self, browser, focal, application):
        later = submitted(university=focal.university, now=NOW + timedelta(seconds=1))
        page = browser.get(url("review", later))
        assert page.context["before"] == application
        assert application.reference in text_of(page)

    def test_the_same_file_elsewhere_is_told_without_foreign_details(
        self, browser, focal, application
    ):
        foreign = submitted(UserFactory(full_name="Foreign Applicant"))
        text = text_of(browser.get(url("review", application)))
        assert "identical to one here" in text
        assert foreign.reference not in text
        assert "Foreign Applicant" not in text

    def test_hec_sees_whom_the_same_file_came_from(self, sign_in, application):
        foreign = submitted(UserFactory(full_name="Foreign Applicant"))
        assert foreign.reference in text_of(sign_in(HecFactory()).get(url("review", application)))

    def test_an_earlier_application_elsewhere_is_told_without_its_university(self, browser, focal):
        # Given a person rejected at another university who applies here
        person, other = UserFactory(), FocalPersonFactory()
        before = submitted(person, other.university)
        decisions.reject(before, reason="Not enrolled", by=other.person, now=NOW)
        here = submitted(person, focal.university)
        text = text_of(browser.get(url("review", here)))
        assert "At another university" in text
        assert before.reference not in text
        assert other.university.name not in text

    def test_a_dispute_over_the_number_is_said(self, browser, application):
        second = UserFactory(identity_number=application.person.identity_number)
        submission.submit(draft(second), by=second, now=NOW)
        assert "same CNIC" in text_of(browser.get(url("review", application)))

    def test_a_decided_one_shows_the_decision_and_offers_none(self, browser, focal, application):
        decisions.reject(application, reason="The card is of 2019.", by=focal.person, now=NOW)
        text = text_of(browser.get(url("review", application)))
        assert "The card is of 2019." in text
        assert url("reject", application) not in text

    @pytest.mark.parametrize("name", ["review", "approve", "reject", "ask"])
    def test_a_foreign_one_does_not_exist(self, browser, name):
        assert browser.get(url(name, submitted())).status_code == 404

    def test_ones_own_application_does_not_exist_here(self, browser, focal):
        own = submitted(focal.person, focal.university)
        assert browser.get(url("review", own)).status_code == 404
        assert browser.post(url("approve", own)).status_code == 404

    def test_a_draft_does_not_exist(self, browser, focal):
        assert browser.get(url("review", draft(university=focal.university))).status_code == 404


class TestApprove:
    def test_approves_and_goes_on_to_the_next_in_turn(self, browser, focal, application):
        following = submitted(university=focal.university, now=NOW)
        page = browser.post(url("approve", application), follow=True)
        assert page.redirect_chain[-1][0] == url("review", following)
        assert application.reference in text_of(page)
        application.refresh_from_db()
        assert application.status == "approved"
        assert Decision.objects.get(application=application).actor == focal.person

    def test_the_last_one_leads_to_the_empty_queue(self, browser, focal, application):
        page = browser.post(url("approve", application))
        assert page.url == reverse("queue", args=[focal.university_id])

    def test_out_of_turn_asks_for_the_reason_and_records_it(self, browser, focal, application):
        later = submitted(university=focal.university, now=NOW + timedelta(seconds=1))
        refused = browser.post(url("approve", later))
        assert "Another application is before this one" in text_of(refused)
        assert application.reference in text_of(refused)
        later.refresh_from_db()
        assert later.is_pending
        browser.post(url("approve", later), {"turn_reason": "Flies tomorrow"})
        assert Decision.objects.get(application=later).turn_reason == "Flies tomorrow"

    def test_its_turn_passed_since_the_page_was_opened(
        self, browser, focal, application, monkeypatch
    ):
        """The view still believes that it is its turn; the verb does not, and asks for the reason."""
        later = submitted(university=focal.university, now=NOW + timedelta(seconds=1))
        real, calls = queue.ahead, []

        def ahead(*args, **kwargs):
            calls.append(1)
            return None if len(calls) == 1 else real(*args, **kwargs)

        monkeypatch.setattr(queue, "ahead", ahead)
        page = browser.post(url("reject", later), {"reason": "Typed with care"})
        assert "Typed with care" in text_of(page)
        assert "turn_reason" in page.context["form"].errors
        later.refresh_from_db()
        assert later.is_pending

    def test_not_eligible_is_refused_with_the_clause(self, browser, focal, application):
        universities.withdraw_recognition(focal.university, by=HecFactory(), now=NOW)
        text = text_of(browser.post(url("approve", application)))
        assert "Reject the application" in text
        assert "3.a" in text

    def test_the_loser_of_a_race_is_told_who_decided(self, browser, focal, application):
        winner = FocalPersonFactory(university=focal.university, person__full_name="Dr. Winner")
        decisions.reject(application, reason="Blurred", by=winner.person, now=NOW)
        following = submitted(university=focal.university, now=NOW)
        text = text_of(browser.post(url("approve", application)))
        assert "Somebody else decided this application meanwhile" in text
        assert "Nothing of yours was saved or sent" in text
        assert "Dr. Winner" in text
        assert "Tuesday 10 January 2023, 9:00 AM" in text
        assert "Blurred" in text
        assert following.reference in text
        assert Decision.objects.count() == 1

    def test_what_the_loser_had_written_is_not_lost(self, browser, focal, application):
        winner = FocalPersonFactory(university=focal.university, person__full_name="Dr. Winner")
        decisions.approve(application, by=winner.person, now=NOW)
        text = text_of(browser.post(url("reject", application), {"reason": "Typed with care"}))
        assert "Dr. Winner" in text
        assert "Typed with care" in text

    def test_withdrawn_meanwhile(self, browser, application):
        submission.withdraw(application, by=application.person, now=NOW)
        text = text_of(browser.post(url("approve", application)))
        assert "This application is not pending any more" in text
        assert "Withdrawn" in text

    def test_a_second_press_goes_on_as_the_first_did(self, browser, focal, application):
        following = submitted(university=focal.university, now=NOW)
        pages = [browser.post(url("approve", application)) for _ in range(2)]
        assert [page.url for page in pages] == [url("review", following)] * 2
        assert Decision.objects.count() == 1
        assert Mail.objects.filter(kind="application-approved").count() == 1


class TestReject:
    def test_without_a_reason_it_is_asked(self, browser, application):
        text = text_of(browser.post(url("reject", application), {"reason": "  "}))
        assert "Write the reason for the rejection" in text
        application.refresh_from_db()
        assert application.is_pending

    def test_the_mail_is_shown_as_it_will_be_sent(self, browser, application):
        words = {"reason": "The card is of <b>2019</b>.", "preview": "1"}
        page = browser.post(url("reject", application), words)
        letter = page.context["acts"]["reject"].letter
        assert "The card is of <b>2019</b>." in letter.text
        assert "<b>2019" not in text_of(page)
        application.refresh_from_db()
        assert application.is_pending

    def test_the_reason_goes_out_word_for_word(self, browser, focal, application):
        browser.post(url("reject", application), {"reason": "The card is of 2019."})
        mail = Mail.objects.get(kind="application-rejected")
        assert mail.values["reason"] == "The card is of 2019."
        assert Decision.objects.get().reason == "The card is of 2019."


class TestAsk:
    def test_it_steps_aside(self, browser, focal, application):
        page = browser.post(url("ask", application), {"text": "Which semester?"})
        assert page.url == reverse("queue", args=[focal.university_id])
        assert application.questions.get().text == "Which semester?"

    def test_without_words_it_is_asked(self, browser, application):
        text = text_of(browser.post(url("ask", application), {"text": ""}))
        assert "Write what you need from the applicant" in text


class TestOnBehalf:
    def test_the_page_names_the_university_and_the_note_is_mandatory(
        self, sign_in, focal, application
    ):
        hec = HecFactory()
        browser = sign_in(hec)
        assert f"You act on behalf of {focal.university.name}" in text_of(
            browser.get(url("review", application))
        )
        refused = browser.post(url("approve", application), {"note": ""})
        assert "Write down the information on which you decide" in text_of(refused)
        browser.post(url("approve", application), {"note": "Letter 17 of the registrar"})
        decision = Decision.objects.get()
        assert (decision.actor, decision.on_behalf_of) == (hec, focal.university)
        assert decision.note == "Letter 17 of the registrar"
        assert Application.objects.get(pk=application.pk).status == "approved"

    def test_a_focal_person_of_the_university_needs_no_note(self, browser, application):
        assert "on behalf" not in text_of(browser.get(url("review", application)))
