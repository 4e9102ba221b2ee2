"""Reviewing and deciding: what is shown, what is recorded, what a refusal says."""

import gzip
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.urls import reverse

from applications import documents, submission, universities
from applications.inspection.inspector import Inspected
from applications.models import Application
from applications.models.documents import random_name
from dlsei.history import acting
from dlsei.models import Mail
from tests.factories import (
    NOW,
    SYSTEM,
    FocalPersonFactory,
    HecFactory,
    UserFactory,
    draft,
    submitted,
)
from verification import checks, common_wording, decisions, queue
from verification.models import Decision, FocalPerson, Sighting

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


def bringing(came: bytes, made: bytes) -> Application:
    """A pending application with one document: what was uploaded, and what inspection made of it."""
    application = draft(kinds=())
    person = application.person
    document = documents.upload(application, "student-card", "card.png", came, by=person, now=NOW)
    stored = default_storage.save(random_name(), ContentFile(made))
    documents.accept(document, Inspected(made, "image/png"), stored, by=SYSTEM, now=NOW)
    return submission.submit(application, by=person, now=NOW)


@pytest.mark.parametrize(
    ("came", "made", "same"),
    [
        pytest.param(b"came", b"made otherwise", 1, id="the same upload, made into something else"),
        pytest.param(b"came otherwise", b"made", 1, id="another upload, made into the same"),
        pytest.param(b"made", b"made again", 1, id="what had been made of it, uploaded"),
        pytest.param(b"before", b"came", 1, id="made into what came elsewhere"),
        pytest.param(b"came otherwise", b"made otherwise", 0, id="nothing the same"),
    ],
)
def test_the_same_file_is_recognized_by_what_came_and_by_what_was_made(came, made, same) -> None:
    bringing(b"came", b"made")
    here = Application.objects.with_dispute().get(pk=bringing(came, made).pk)

    known = checks.elsewhere(
        here, here.documents.accepted(), by=FocalPersonFactory().person, now=NOW
    )

    assert known.same_file_count == same


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

    def test_what_fails_stands_out_and_what_holds_is_counted(self, browser, focal):
        application = submitted(university=focal.university)
        page = text_of(browser.get(url("review", application)))
        assert "All 8 checks hold" in page
        assert "check-failed" not in page

        universities.withdraw_recognition(focal.university, by=HecFactory(), now=NOW)

        page = text_of(browser.get(url("review", application)))
        assert page.count("check-failed") == 1
        assert "Institution not recognized by HEC" in page
        assert "Institution recognized by HEC" not in page, "what fails is not worded as a fact"
        assert "7 other checks hold" in page

    def test_what_was_filed_at_the_wrong_university_is_not_rejected(
        self, browser, application, sign_in
    ):
        page = browser.get(url("review", application)).content.decode()
        assert "Do not reject it: tell HEC" in page
        assert "/help/focal-person/#elsewhere" in page
        assert 'id="elsewhere"' in browser.get("/help/focal-person/").content.decode()

        of_hec = sign_in(HecFactory()).get(url("review", application)).content.decode()
        assert reverse("hec_transfer", args=[application.reference]) in of_hec

    def test_out_of_turn_names_the_one_before(self, browser, focal, application):
        later = submitted(university=focal.university, now=NOW + timedelta(seconds=1))
        page = browser.get(url("review", later))
        assert page.context["before"]["reference"] == application.reference
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

    def test_a_picked_reason_goes_out_in_the_applicants_language(self, browser, focal):
        urdu = submitted(UserFactory(language="ur"), focal.university)
        wording = common_wording.reasons("student")[0]
        page = text_of(browser.get(url("review", urdu)))
        assert wording.short["en"] in page
        assert "The applicant reads Urdu" in page
        browser.post(url("reject", urdu), {"common": wording.code, "reason": " "})
        assert Decision.objects.get().reason == wording.text["ur"]

    def test_what_was_edited_counts_and_not_what_was_picked(self, browser, application):
        code = common_wording.reasons("student")[0].code
        browser.post(url("reject", application), {"common": code, "reason": "In my own words."})
        assert Decision.objects.get().reason == "In my own words."

    def test_without_javascript_the_preview_puts_the_picked_words_in_the_field(
        self, browser, application
    ):
        wording = common_wording.reasons("student")[1]
        given = {"common": wording.code, "reason": "", "preview": "1"}
        act = browser.post(url("reject", application), given).context["acts"]["reject"]
        assert act.open
        assert act.form["reason"].value() == wording.text["en"]
        assert wording.text["en"][:30] in act.letter.text

    def test_what_the_rules_found_is_the_first_reason(self, browser, focal, application):
        universities.withdraw_recognition(focal.university, by=HecFactory(), now=NOW)
        page = browser.get(url("review", application))
        value, words = page.context["acts"]["reject"].form.fields["common"].choices[0]
        assert value == "institution-not-recognized"
        assert words.startswith("3.a")
        browser.post(url("reject", application), {"common": value})
        assert "not on HEC's list" in Decision.objects.get().reason
        assert "3.a" in Decision.objects.get().reason


class TestMeanwhile:
    """What an open page is told: who else looks, and that it was decided."""

    def test_a_colleague_who_looks_is_named_and_looking_is_not_recorded(
        self, browser, focal, application
    ):
        assert text_of(browser.get(url("meanwhile", application))).strip() == ""
        other = FocalPersonFactory(university=focal.university, person__full_name="Dr. Other")
        queue.open_application(application, by=other.person, now=NOW)
        assert "Dr. Other opened this application as well" in text_of(
            browser.get(url("meanwhile", application))
        )
        assert not Sighting.objects.filter(person=focal.person).exists()

    @pytest.mark.parametrize(("outcome", "word"), [("approve", "approved"), ("reject", "rejected")])
    def test_a_decision_is_told_with_the_way_on(self, browser, focal, application, outcome, word):
        other = FocalPersonFactory(university=focal.university, person__full_name="Dr. Other")
        words = {"reason": "Blurred"} if outcome == "reject" else {}
        getattr(decisions, outcome)(application, by=other.person, now=NOW, **words)
        text = text_of(browser.get(url("meanwhile", application)))
        assert f"Dr. Other has {word} this application meanwhile" in text
        assert reverse("next_in_turn", args=[focal.university_id]) in text

    def test_withdrawn(self, browser, application):
        submission.withdraw(application, by=application.person, now=NOW)
        assert "not pending any more" in text_of(browser.get(url("meanwhile", application)))


class TestTwoAtWork:
    def test_two_get_different_ones_and_neither_needs_a_reason(self, sign_in, focal, clock):
        # Given four applications and two focal persons
        four = [
            submitted(university=focal.university, now=NOW + timedelta(seconds=n)) for n in range(4)
        ]
        colleague = FocalPersonFactory(university=focal.university)
        clock.move_to(NOW + timedelta(minutes=5))
        one, two = sign_in(focal.person), sign_in(colleague.person)
        following = reverse("next_in_turn", args=[focal.university_id])

        # When both ask for the next and approve what they see, in turns
        first, second = one.get(following).url, two.get(following).url
        assert (first, second) == (url("review", four[0]), url("review", four[1]))
        third = two.post(url("approve", four[1])).url
        fourth = one.post(url("approve", four[0])).url

        # Then each goes on to another one, and nothing was out of turn
        assert (third, fourth) == (url("review", four[2]), url("review", four[3]))
        assert set(Decision.objects.values_list("turn_reason", flat=True)) == {""}

    def test_after_fifteen_minutes_what_was_left_open_is_next_again(self, sign_in, focal, clock):
        application = submitted(university=focal.university)
        colleague = FocalPersonFactory(university=focal.university)
        following = reverse("next_in_turn", args=[focal.university_id])
        sign_in(colleague.person).get(following)
        browser = sign_in(focal.person)
        assert browser.get(following).url == reverse("queue", args=[focal.university_id])
        clock.move_to(NOW + timedelta(minutes=15, seconds=1))
        assert browser.get(following).url == url("review", application)

    def test_ones_own_application_is_not_ahead_of_the_others(self, browser, focal):
        """I4: nobody can decide their own, so that it cannot be asked to be decided first."""
        own = submitted(focal.person, focal.university, now=NOW)
        later = submitted(university=focal.university, now=NOW + timedelta(seconds=1))
        assert queue.next_in_turn(focal.university, by=focal.person, now=NOW) == later
        browser.post(url("approve", later))
        decision = Decision.objects.get()
        assert (decision.head, decision.turn_reason) == (later, "")
        colleague = FocalPersonFactory(university=focal.university).person
        assert queue.next_in_turn(focal.university, by=colleague, now=NOW) == own

    def test_the_page_of_a_decision_leads_to_the_page_where_it_is_taken(self, browser, application):
        for name in ("approve", "reject", "ask"):
            page = browser.get(url(name, application))
            assert page.url == f"{url('review', application)}#{name}"

    def test_the_same_question_pressed_twice_is_asked_once(self, browser, application):
        for _ in range(2):
            browser.post(url("ask", application), {"text": "Which semester?"})
        assert application.questions.count() == 1
        assert Mail.objects.filter(kind="more-information").count() == 1


def test_the_page_of_a_review_is_light(browser, application):
    """What a reviewer loads for each decision besides the document itself, with the style and script kept."""
    page = browser.get(url("review", application)).content
    assert len(gzip.compress(page)) < 8 * 1024


class TestNominationEndedMeanwhile:
    @pytest.mark.parametrize(
        ("ended", "said"),
        [
            ({"until": NOW.date() - timedelta(days=1)}, "Your nomination has ended"),
            ({"suspended_at": NOW}, "Your access is suspended"),
        ],
    )
    def test_nothing_is_decided_and_the_page_says_why(
        self, browser, focal, application, ended, said
    ):
        """The page is open; the nomination ends; then the rejection is sent."""
        with acting(by=SYSTEM, now=NOW):
            FocalPerson.objects.filter(pk=focal.pk).update(since=NOW.date() - timedelta(9), **ended)
        page = browser.post(url("reject", application), {"reason": "Typed with care"})
        text = page.content.decode()
        assert page.status_code == 404
        assert said in text
        assert focal.university.name in text
        assert "Typed with care" in text
        assert application.person.full_name not in text
        application.refresh_from_db()
        assert application.is_pending
        queue_page = browser.get(reverse("queue", args=[focal.university_id]))
        assert said in queue_page.content.decode()

    def test_whoever_never_decided_there_is_told_nothing(self, browser, application):
        foreign = submitted()
        text = browser.get(url("review", foreign)).content.decode()
        assert "nomination" not in text
        assert foreign.university.name not in text

    def test_ones_own_application_stays_absent(self, browser, focal):
        own = submitted(focal.person, focal.university)
        assert "nomination" not in browser.get(url("review", own)).content.decode()


class TestKeyboard:
    """WCAG 2.1.4: single keys can be turned off."""

    def test_off_and_on_again(self, browser, application):
        page = url("review", application)
        assert 'data-keys="on"' in text_of(browser.get(page))
        answer = browser.post(reverse("keyboard"), {"keys": "off", "next": page})
        assert answer.url == page
        off = text_of(browser.get(page))
        assert 'data-keys="off"' in off
        assert "<kbd" not in off.split("<dialog")[0]
        browser.post(reverse("keyboard"), {"keys": "on", "next": page})
        assert 'data-keys="on"' in text_of(browser.get(page))

    @pytest.mark.parametrize("away", ["https://evil.example/", "//evil.example", "javascript:x"])
    def test_it_leads_nowhere_else(self, browser, away):
        assert browser.post(reverse("keyboard"), {"keys": "off", "next": away}).url == "/admin/"


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

    def test_the_last_note_is_offered_and_never_taken_by_itself(self, sign_in, focal, application):
        hec = HecFactory()
        browser = sign_in(hec)
        browser.post(url("approve", application), {"note": "Letter 17 of the registrar"})
        following = submitted(university=focal.university)
        page = browser.get(url("review", following))
        assert "Letter 17 of the registrar" in text_of(page)
        assert page.context["acts"]["approve"].form["note"].value() is None
        # Of another university, or of another officer, there is none.
        assert "Letter 17" not in text_of(browser.get(url("review", submitted())))
        assert "Letter 17" not in text_of(sign_in(HecFactory()).get(url("review", following)))

    def test_a_focal_person_of_the_university_needs_no_note(self, browser, application):
        assert "on behalf" not in text_of(browser.get(url("review", application)))
