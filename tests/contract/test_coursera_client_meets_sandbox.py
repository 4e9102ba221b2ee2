"""The real client and the sandbox, each held to the payloads alone, on one wire."""

import threading
from collections.abc import Callable, Iterable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from wsgiref.types import StartResponse, WSGIEnvironment

import httpx
import pytest

from licensing.coursera.api import ApiCoursera
from licensing.coursera.port import EnrollmentRow, Invited, Invitee, NotGranted, Unavailable
from licensing.coursera.sandbox import Sandbox
from licensing.coursera.sandbox_server import sandbox_app, sandbox_server
from tests.contract.wire import AYESHA, ORG, PROGRAM, Clock


def people(count: int) -> list[Invitee]:
    return [Invitee(f"LIC-{n:04}", f"Person {n}", f"p{n}@example.edu") for n in range(count)]


def test_the_way_of_a_license(client: ApiCoursera, sandbox: Sandbox, clock: Clock) -> None:
    assert client.invite(PROGRAM, AYESHA) == Invited("invited")
    assert client.invite(PROGRAM, AYESHA) == Invited("already-invited")

    sandbox.enroll(PROGRAM, "LIC-0001", "Google IT Support", "specialization")
    assert client.invite(PROGRAM, AYESHA) == Invited("already-member")
    (member,) = client.memberships(PROGRAM)
    assert member.joined_at == clock.at

    clock.pass_by(days=3)
    sandbox.progress(PROGRAM, "LIC-0001", "Google IT Support", 50.5)
    (row,) = client.enrollments(PROGRAM)
    assert isinstance(row, EnrollmentRow)
    assert row.progress == Decimal("50.5")
    assert row.enrolled_at + timedelta(days=3) == row.last_activity_at == clock.at
    assert row.courses_total == 4

    client.remove(PROGRAM, AYESHA)
    client.remove(PROGRAM, AYESHA)
    assert list(client.memberships(PROGRAM)) == []
    assert not sandbox.learn(PROGRAM, "LIC-0001")
    (kept,) = client.enrollments(PROGRAM)
    assert isinstance(kept, EnrollmentRow)
    assert kept.membership_state == "DELETED_MEMBER"


def test_a_pending_invitation_is_withdrawn(client: ApiCoursera, sandbox: Sandbox) -> None:
    client.invite(PROGRAM, AYESHA)

    client.remove(PROGRAM, AYESHA)

    assert not sandbox.accept(PROGRAM, "LIC-0001")
    assert client.invite(PROGRAM, AYESHA) == Invited("invited")


@pytest.mark.parametrize("as_number", [False, True])
def test_250_rows_come_whole_and_in_order(
    client: ApiCoursera, sandbox: Sandbox, as_number: bool
) -> None:
    sandbox.set_faults(next_as_number=as_number)
    for person in people(250):
        sandbox.invite(PROGRAM, person.external_id, person.full_name, person.email)
        sandbox.enroll(PROGRAM, person.external_id, "Algorithms")

    expected = [person.external_id for person in people(250)]
    assert [m.external_id for m in client.memberships(PROGRAM)] == expected
    assert [e.external_id for e in client.enrollments(PROGRAM)] == expected


def test_what_happens_at_the_instant_of_a_report_is_in_the_next_one(
    client: ApiCoursera, sandbox: Sandbox
) -> None:
    """Given a clock that stands, when something happens between two reports, then the second one has it."""
    client.invite(PROGRAM, AYESHA)
    sandbox.enroll(PROGRAM, "LIC-0001", "Algorithms")
    assert len(list(client.enrollments(PROGRAM))) == 1

    sandbox.enroll(PROGRAM, "LIC-0001", "Databases")
    sandbox.complete(PROGRAM, "LIC-0001", "Algorithms")
    done = {row.content_name: row.is_completed for row in client.enrollments(PROGRAM)}
    assert done == {"Algorithms": True, "Databases": False}

    client.remove(PROGRAM, AYESHA)
    assert {row.membership_state for row in client.enrollments(PROGRAM)} == {"DELETED_MEMBER"}


def test_a_token_that_expires_in_the_middle_is_renewed(
    client: ApiCoursera, sandbox: Sandbox
) -> None:
    sandbox.set_faults(calls_per_token=2)

    outcomes = [client.invite(PROGRAM, person).outcome for person in people(7)]

    assert outcomes == ["invited"] * 7


def test_a_token_that_ends_by_time_is_renewed(client: ApiCoursera, clock: Clock) -> None:
    client.invite(PROGRAM, AYESHA)
    clock.pass_by(days=1)

    assert client.invite(PROGRAM, AYESHA) == Invited("already-invited")


def test_too_many_requests_then_success(client: ApiCoursera, sandbox: Sandbox) -> None:
    sandbox.set_faults(too_many=1, retry_after=40)

    with pytest.raises(Unavailable) as failed:
        client.invite(PROGRAM, AYESHA)

    assert (failed.value.retry_after, failed.value.ambiguous) == (40, False)
    assert client.invite(PROGRAM, AYESHA) == Invited("invited")


def test_reads_wait_out_a_short_trouble(client: ApiCoursera, sandbox: Sandbox) -> None:
    sandbox.set_faults(too_many=1, unavailable=1)

    assert list(client.memberships(PROGRAM)) == []


def test_an_answer_lost_by_the_gateway_is_found_at_once(
    client: ApiCoursera, sandbox: Sandbox
) -> None:
    sandbox.set_faults(lost_answers=1)

    assert client.invite(PROGRAM, AYESHA) == Invited("already-invited")
    assert len(sandbox.people) == 1


class LosingAnswers(httpx.BaseTransport):
    """Lets the change happen, then fails as a slow network does, so many times."""

    def __init__(self, inner: httpx.BaseTransport, losses: int) -> None:
        self.inner, self.losses, self.posts = inner, losses, 0

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = self.inner.handle_request(request)
        if request.url.path.startswith("/ent/"):
            self.posts += request.method == "POST"
            if self.losses:
                self.losses -= 1
                raise httpx.ReadTimeout("slow", request=request)
        return answer


def test_a_timeout_after_success_is_found_by_looking_first(sandbox: Sandbox, clock: Clock) -> None:
    transport = LosingAnswers(httpx.WSGITransport(app=sandbox_app(sandbox)), losses=4)
    client = ApiCoursera(
        org_id=ORG,
        client_id="key",
        client_secret="secret",
        transport=transport,
        sleep=lambda seconds: None,
    )

    with pytest.raises(Unavailable):
        client.invite(PROGRAM, AYESHA)
    assert client.invite(PROGRAM, AYESHA, look_first=True) == Invited("already-invited")

    assert transport.posts == 1
    assert [p.external_id for p in sandbox.people.values()] == ["LIC-0001"]


def test_lost_answers_everywhere_leave_each_person_once(
    client: ApiCoursera, sandbox: Sandbox
) -> None:
    for number, person in enumerate(people(30)):
        if number % 3 == 0:
            sandbox.set_faults(lost_answers=1)
        if number % 5 == 0:
            sandbox.set_faults(unavailable=1)
        while True:
            try:
                client.invite(PROGRAM, person, look_first=number % 2 == 0)
                break
            except Unavailable:
                continue

    assert len(sandbox.listed(PROGRAM, "INVITED")) == len(sandbox.people) == 30


def test_a_removal_whose_answer_is_lost_is_repeated(client: ApiCoursera, sandbox: Sandbox) -> None:
    client.invite(PROGRAM, AYESHA)
    sandbox.accept(PROGRAM, "LIC-0001")
    sandbox.set_faults(lost_answers=1)

    with pytest.raises(Unavailable) as failed:
        client.remove(PROGRAM, AYESHA)
    client.remove(PROGRAM, AYESHA)

    assert failed.value.ambiguous
    assert sandbox.people[f"{PROGRAM}~LIC-0001"].state == "DELETED_MEMBER"


def test_who_accepts_during_the_removal_is_removed_too(sandbox: Sandbox, clock: Clock) -> None:
    inner = sandbox_app(sandbox)

    def accepting(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] == "DELETE" and "/invitations/" in environ["PATH_INFO"]:
            sandbox.accept(PROGRAM, "LIC-0001")
        return inner(environ, start_response)

    sandbox.invite(PROGRAM, AYESHA.external_id, AYESHA.full_name, AYESHA.email)
    client = ApiCoursera(
        org_id=ORG,
        client_id="key",
        client_secret="secret",
        transport=httpx.WSGITransport(app=accepting),
    )
    client.remove(PROGRAM, AYESHA)

    assert sandbox.listed(PROGRAM, "MEMBER", "INVITED") == []


def test_no_seats_is_a_refusal_that_heals(client: ApiCoursera, sandbox: Sandbox) -> None:
    sandbox.set_faults(no_seats=True)
    with pytest.raises(NotGranted) as refused:
        client.invite(PROGRAM, AYESHA)
    assert refused.value.code == "SANDBOX_NO_SEATS_LEFT"

    sandbox.set_faults(no_seats=False)
    assert client.invite(PROGRAM, AYESHA) == Invited("invited")


@pytest.mark.parametrize(
    "ask",
    [
        lambda coursera: coursera.invite(PROGRAM, AYESHA),
        lambda coursera: coursera.remove(PROGRAM, AYESHA),
        lambda coursera: list(coursera.memberships(PROGRAM)),
        lambda coursera: list(coursera.enrollments(PROGRAM)),
    ],
)
def test_an_outage_is_transient_whatever_was_asked(
    client: ApiCoursera, sandbox: Sandbox, ask: Callable[[ApiCoursera], object]
) -> None:
    sandbox.set_faults(outage=True)

    with pytest.raises(Unavailable) as failed:
        ask(client)

    assert not failed.value.ambiguous


def test_a_second_start_keeps_its_records(tmp_path: Path, clock: Clock) -> None:
    state = tmp_path / "sandbox" / "state.sqlite"
    first = Sandbox(now=clock, path=state, programs={PROGRAM: "DLSEI Cohort I"})
    first.invite(PROGRAM, AYESHA.external_id, AYESHA.full_name, AYESHA.email)
    first.enroll(PROGRAM, "LIC-0001", "Algorithms")
    clock.pass_by(hours=1)
    first.progress(PROGRAM, "LIC-0001", "Algorithms", 30)
    first.invite(PROGRAM, "LIC-0002", "Bilal", "b@example.edu")
    first.set_faults(report_lag_hours=24)

    second = Sandbox(now=clock, path=state, programs={PROGRAM: "DLSEI Cohort I"})

    assert second.people == first.people
    assert list(second.people) == list(first.people)
    assert (second.faults, second.accounts) == (first.faults, first.accounts)
    assert second.find("A.KHAN@example.edu") == first.find("LIC-0001")


@pytest.fixture
def served(sandbox: Sandbox) -> Iterable[str]:
    server = sandbox_server(sandbox, "127.0.0.1", 0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_it_serves_many_at_once_over_http(served: str, sandbox: Sandbox) -> None:
    client = ApiCoursera(org_id=ORG, client_id="key", client_secret="secret", base_url=served)

    def invite(part: int) -> None:
        for person in people(60)[part::4]:
            client.invite(PROGRAM, person)

    threads = [threading.Thread(target=invite, args=(part,)) for part in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(sandbox.listed(PROGRAM, "INVITED")) == 60


class TestPage:
    def test_a_script_walks_a_person_through(self, served: str, sandbox: Sandbox) -> None:
        sandbox.invite(PROGRAM, AYESHA.external_id, "Ayesha <b>", AYESHA.email)
        with httpx.Client(base_url=served) as page:
            who = {"person": AYESHA.email}
            assert page.post("/accept", data=who).status_code == 303
            course = {**who, "course": "Algorithms"}
            assert page.post("/enroll", data={**course, "kind": "course"}).status_code == 303
            assert page.post("/progress", data={**course, "percent": "40"}).status_code == 303
            assert page.post("/learn", data=who).status_code == 303
            done = page.post("/complete", data=course, follow_redirects=True)

        assert "Done: complete." in done.text
        assert "Algorithms (Course): 100 %, completed" in done.text
        assert "Ayesha &lt;b&gt;" in done.text
        assert "Ayesha <b>" not in done.text
        assert "This is a sandbox" in done.text

    @pytest.mark.parametrize(
        ("path", "sent", "status"),
        [
            ("/accept", {"person": "nobody@example.edu"}, 409),
            ("/learn", {"person": AYESHA.email}, 409),
            ("/accept", {}, 400),
            ("/enroll", {"person": AYESHA.email, "course": " "}, 400),
            ("/enroll", {"person": AYESHA.email, "course": "C", "kind": "video"}, 400),
            ("/progress", {"person": AYESHA.email, "course": "C", "percent": "101"}, 400),
            ("/faults", {"gremlins": "1"}, 400),
            ("/faults", {"too_many": "-1"}, 400),
            ("/anything", {}, 404),
        ],
    )
    def test_what_cannot_be_done_says_so(
        self, served: str, sandbox: Sandbox, path: str, sent: dict[str, str], status: int
    ) -> None:
        sandbox.invite(PROGRAM, AYESHA.external_id, AYESHA.full_name, AYESHA.email)

        assert httpx.post(f"{served}{path}", data=sent).status_code == status

    def test_faults_are_switched(self, served: str, sandbox: Sandbox) -> None:
        sent = {"too_many": "3", "no_seats": "1"}

        assert httpx.post(f"{served}/faults", data=sent).status_code == 303

        assert (sandbox.faults.too_many, sandbox.faults.no_seats) == (3, True)

    def test_it_brings_no_script_and_no_inline_style(self, served: str) -> None:
        page = httpx.get(served)

        assert "script" not in page.text
        assert "style=" not in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
