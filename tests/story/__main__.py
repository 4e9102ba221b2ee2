"""`make story`: the main job from outside, on a running `make run`.

By HTTP, the mail catcher, the sandbox's page and the management commands alone: three people apply
at a real university, two get the last seats, one of them learns and one does not; sixteen days later
the idle license is revoked by clause 5.i and the seat goes to the one in line.
"""

import re
import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

import httpx

from tests.story.pages import Page, Unexpected, Visitor
from tests.story.papers import is_clean
from tests.story.people import Applicant, cast, some_university
from tests.story.product import PROJECT, Product, wait_for

KARACHI = ZoneInfo("Asia/Karachi")
PROGRAMME = PROJECT / "dlsei" / "policy" / "year-2.toml"
COHORT = "Cohort I"
COURSE = "Learning How to Learn"
DAYS_UNTIL_IDLE = 17
"""Past the 15 days of clause 5.i, and past the day by which Coursera's data may lag."""


class Story:
    """The story on one product, step by step."""

    def __init__(self, product: Product) -> None:
        self.product = product
        self.began = self.step_began = time.monotonic()
        self.learner, self.idle, self.following = cast(product)
        self.university = some_university()
        self.hec = Visitor(product.site, "HEC's officer")
        self.focal_person = Visitor(product.site, "the focal person")
        self.focal_address = self.learner.email.replace("learner", "focal")

    def play(self) -> None:
        """Every step in order; the bucket gets its own size back whatever happens."""
        try:
            self.tell(f"HEC nominates a focal person for {self.university}", self.nominate)
            for applicant in (self.learner, self.idle, self.following):
                name = f"{applicant.full_name} registers, applies and uploads {applicant.file[0]}"
                self.tell(name, lambda a=applicant: self.apply(a))
            self.tell("HEC leaves two seats in the bucket", lambda: self.leave_seats(2))
            self.tell(
                "the focal person reviews the first and approves; the invitation comes",
                self.approve_first,
            )
            self.tell("the worker is killed; the next two are approved meanwhile", self.kill)
            self.tell("two are invited, each once; the third is first in line", self.invited)
            self.tell("the learner clicks, accepts and enrolls; a report comes", self.learns)
            self.tell("17 days later: idle, so revoked by clause 5.i", self.idle_is_revoked)
            self.tell("the seat goes to the next in line", self.next_in_line)
        finally:
            self.tell("the bucket has its own size again", self.restore)
        self.tell("audit: no invariant is broken", lambda: self.product.manage("audit"))
        print(f"The story went well, in {time.monotonic() - self.began:.0f} s.")

    def tell(self, what: str, step: Callable[[], object]) -> None:
        """Does one step and prints how long it took."""
        began = time.monotonic()
        print(f"  {what} …", end="", flush=True)
        try:
            step()
        except BaseException:
            print(" FAILED", flush=True)
            raise
        print(f" {time.monotonic() - began:.1f} s", flush=True)

    def nominate(self) -> None:
        sign_ins = (self.product.data / "sign-ins.txt").read_text()
        password = re.search(r"password (\S+)", sign_ins)
        officer = re.search(r"HEC officer\s+(\S+)", sign_ins)
        if not (password and officer):
            raise Unexpected(f"no sign-in of an HEC officer in: {sign_ins}")
        login = self.hec.get("/accounts/login/")
        self.hec.submit(login, "password", login=officer[1], password=password[1])
        found = self.hec.get("/admin/hec/universities/", q=self.university)
        page = self.hec.get(found.link(self.university))
        today = datetime.now(KARACHI).date().isoformat()
        self.hec.submit(
            page,
            "nominate",
            email=self.focal_address,
            full_name="Dr. Saira O'Brien",
            since=today,
        ).says("Dr. Saira O'Brien")
        invitation = self._link(self.focal_address, "/invitation/")
        asking = self.focal_person.get("/accounts/login/code/")
        code_page = self.focal_person.submit(asking, "email", email=self.focal_address)
        code = self.product.code(self.focal_address)
        self.focal_person.submit(code_page, "code", code=code)
        self.focal_person.submit(self.focal_person.get(invitation), "/invitation/")
        self.focal_person.get("/admin/").says("to decide")

    def apply(self, of: Applicant) -> None:
        visit, search = of.browser, " ".join(self.university.split()[:4])
        visit.get("/").says("Coursera")
        page = visit.submit(visit.get("/can-i-apply/"), "category", category=of.category)
        page = visit.submit(page, "q", q=search)
        page = visit.submit(page, "university", university=self._choice(page))
        signup = visit.get("/accounts/signup/")
        page = visit.submit(
            signup,
            "password1",
            email=of.email,
            full_name=of.full_name,
            identity_kind="cnic",
            identity_number=of.identity_number,
            password1=of.password,
            language=of.language,
        )
        page = visit.submit(page, "code", code=self.product.code(of.email))
        visit.submit(visit.get("/apply/details/"), "department", **of.details)
        page = visit.get("/apply/documents/")
        visit.submit(page, "file", files={"file": of.file}, kind=of.kind)
        wait_for(f"the check of {of.file[0]}", lambda: self._is_usable(of))
        receipt = visit.submit(visit.get("/apply/check/"), "declared", declared="on")
        found = re.search(r"/applications/([\w-]+)/receipt/", receipt.url)
        if not found:
            raise Unexpected(f"no receipt but {receipt.url}: {receipt.text[:400]}")
        of.reference = found[1]
        receipt.says(of.reference)
        self.product.mail(of.email, of.reference)

    @staticmethod
    def _is_usable(of: Applicant) -> bool:
        """Whether a document may be submitted, when its owner looks again; else it is being checked."""
        page = of.browser.get("/apply/documents/")
        if "is being checked" in page.text:
            return False
        page.link("/apply/check/")
        return True

    def _choice(self, page: Page) -> str:
        choices = page.form("university").choices["university"]
        for value, label in choices.items():
            if label.strip().startswith(self.university):
                return value
        raise Unexpected(f"{self.university} is not among {list(choices.values())}")

    def leave_seats(self, seats: int) -> None:
        """HEC's programme file gives the cohort no more seats than are held and `seats` besides."""
        bucket = self.hec.get("/admin/hec/bucket/").says(COHORT)
        held = int(bucket.cell("Held").replace(",", "").replace("٬", ""))
        size = re.compile(r"(?<=size = )\d+")
        smaller = size.sub(str(held + seats), PROGRAMME.read_text(encoding="utf-8"), count=1)
        with TemporaryDirectory() as directory:
            file = Path(directory) / PROGRAMME.name
            file.write_text(smaller, encoding="utf-8")
            self.product.manage("load_programme", str(file), "--shift-to-today", "--yes")
        bucket = self.hec.get("/admin/hec/bucket/")
        if bucket.cell("Free") != str(seats):
            raise Unexpected(f"{bucket.cell('Free')} seats are free, not {seats}")

    def restore(self) -> None:
        """The shipped programme is in force again."""
        self.product.manage("load_programme", "--shift-to-today", "--yes")

    def approve_first(self) -> None:
        page = self._next_in_turn(self.learner)
        photo = next((s for s in page.sources if "/documents/" in s), "")
        if not (photo and is_clean(self.focal_person.file(photo))):
            raise Unexpected(
                f"the photographed card is not shown upright and clean: {page.sources}"
            )
        self.focal_person.submit(page, "/approve/").says(self.idle.reference)
        # Work that dies under way is taken up again when its lease ends; minutes are too long here.
        self.product.mail(self.learner.email, "/activate/")

    def _next_in_turn(self, of: Applicant) -> Page:
        queue = self.focal_person.get("/admin/")
        page = self.focal_person.get(queue.link("Review the next in turn"))
        return page.says(of.reference, of.full_name)

    def kill(self) -> None:
        killed = self.product.kill_worker()
        for applicant in (self.idle, self.following):
            self.focal_person.submit(self._next_in_turn(applicant), "/approve/")
        self.product.new_worker(killed)

    def invited(self) -> None:
        for applicant in (self.learner, self.idle):
            self.product.mail(applicant.email, "/activate/")
            sent = len(self.product.mails(applicant.email, "/activate/"))
            if sent != 1:
                raise Unexpected(f"{applicant.email} was invited {sent} times")
        self._dashboard(self.following, "in line", "number 1")

    def _dashboard(self, of: Applicant, *words: str) -> Page:
        """The person's dashboard, once it says all these words."""

        def look() -> Page | None:
            page = of.browser.get("/dashboard/")
            return page if all(word in page.text for word in words) else None

        try:
            return wait_for("it", look)
        except Unexpected:
            return of.browser.get("/dashboard/").says(*words)

    def _click(self, of: Applicant) -> None:
        of.browser.redirected(self._link(of.email, "/activate/"))

    def _link(self, to: str, part: str) -> str:
        """The link with `part` in its path in the latest mail to an address that has one."""
        mail = self.product.mail(to, part)
        link = re.search(rf"https?://\S+{part}\S+", mail)
        if not link:
            raise Unexpected(f"no link to {part} in the mail: {mail}")
        return link[0]

    def learns(self) -> None:
        self._click(self.learner)
        self._dashboard(self.learner, "Your license is active", "Enroll in a course")
        self.product.learns("accept", self.learner.email)
        self.product.learns("enroll", self.learner.email, course=COURSE, kind="course")
        self.product.job("fetch_report")
        page = self._dashboard(self.learner, "Your license is active", "Complete a course")
        if "Enroll in a course" in page.text:
            raise Unexpected("the report came, but the dashboard still asks to enroll")

    def idle_is_revoked(self) -> None:
        """The commands of the nightly jobs, as of then: a report, the sweep, what it owes."""
        then = datetime.now(KARACHI) + timedelta(days=DAYS_UNTIL_IDLE)
        at = f"{then:%Y-%m-%d %H:%M}"
        self.product.job("fetch_report", at)
        self.product.job("extend", at)
        revoked = self.product.job("revoke", at)["revoked"]
        if not revoked:
            raise Unexpected("nobody was revoked")
        self._dashboard(self.idle, "5.i")
        self._dashboard(self.learner, "Your license is active")
        self.product.mail(self.following.email, "/activate/")
        self.product.job("deliver_coursera", at)
        self.product.job("deliver_mail", at)
        self.product.mail(self.idle.email, "5.i")
        if "WITHDRAWN" not in self.product.at_coursera(self.idle.email):
            raise Unexpected("Coursera still has the invitation of the revoked learner")

    def next_in_line(self) -> None:
        self._click(self.following)
        self._dashboard(self.following, "Your license is active")
        self.hec.get(f"/admin/hec/applications/{self.idle.reference}/").says("5.i")


def main() -> int:
    """Plays the story; 0 when all went well, 1 with one clear sentence otherwise."""
    try:
        story = Story(Product.running())
        print(f"The story, at {story.product.site}:", flush=True)
        story.play()
    except (Unexpected, httpx.HTTPError) as failure:
        print(f"The story failed: {failure}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
