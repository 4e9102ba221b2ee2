"""The sandbox's page: a demo person accepts, enrolls, learns; and Coursera goes wrong on demand.

It stands for Coursera's own site, so that it is in English and no part of the product's pages.

    GET  /?q=TEXT            people, newest first; `q` filters by address, name or external id
    GET  /activity.zip       the activity export of the CSV route
    POST /accept             person
    POST /enroll             person, course, kind = course | specialization | professional-certificate
    POST /progress           person, course, percent
    POST /complete           person, course
    POST /learn              person
    POST /faults             any switches of `sandbox_records.Faults`: a number each; 1 is on, 0 is off
    POST /invites            program, csv: the text of a bulk-invite file

`person` is an e-mail address or an external id; the newest record is meant, in the program that
`program` names or in any. Forms are application/x-www-form-urlencoded. A POST is answered by 303 back to the page,
by 409 when the person is not there or cannot do that, and by 400 when a field is missing or wrong.
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import asdict
from html import escape
from http import HTTPStatus
from urllib.parse import parse_qs, urlencode
from wsgiref.types import StartResponse, WSGIEnvironment

from licensing.coursera.sandbox import CONTENT_TYPES, MEMBER, Sandbox
from licensing.coursera.sandbox_files import activity_archive, take_bulk_invites
from licensing.coursera.sandbox_records import Person

SHOWN = 100
POLICY = "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'"
STYLE = """\
:root { color-scheme: light dark; font-family: system-ui, sans-serif; line-height: 1.5 }
body { margin: 0 auto; max-inline-size: 72rem; padding: 1rem }
.sandbox { border-inline-start: .5rem solid #b45309; padding: .5rem 1rem }
article { border-block-start: 1px solid; padding-block: 1rem }
form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: end; margin-block: .5rem }
label { display: grid } input, select, button, textarea { font: inherit; min-block-size: 2.5rem }
:focus-visible { outline: 3px solid #b45309; outline-offset: 2px }
"""
FAULT_WORDS = {
    "outage": "Outage: everything answers 503",
    "too_many": "Requests to answer 429 (how many)",
    "retry_after": "Retry-After (seconds)",
    "unavailable": "Requests to answer 503 (how many)",
    "lost_answers": "Changes to make but answer 504 (how many)",
    "calls_per_token": "Requests until a new token expires (0: half an hour)",
    "no_seats": "No seats left",
    "report_lag_hours": "Reports lag behind (hours)",
    "without_last_activity": "Reports leave the last activity out",
    "completed_below_100": "Completed courses show 92.35 percent",
    "grade_as_text": "Grades come as text",
    "next_as_number": "The next page comes as a number",
}


class Pages:
    """The page of one sandbox as a WSGI app."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer one request of a person or a script."""
        status, content_type, content = self._answer(environ)
        headers = [
            ("Content-Type", content_type),
            ("Content-Length", str(len(content))),
            ("Content-Security-Policy", POLICY),
            ("X-Content-Type-Options", "nosniff"),
        ]
        if status == HTTPStatus.SEE_OTHER:
            headers.append(("Location", content.decode()))
        start_response(f"{status.value} {status.phrase}", headers)
        return [content]

    def _answer(self, environ: WSGIEnvironment) -> tuple[HTTPStatus, str, bytes]:
        where = environ["REQUEST_METHOD"], environ["PATH_INFO"]
        if where == ("GET", "/"):
            query = _fields(environ.get("QUERY_STRING", ""))
            return _page(HTTPStatus.OK, self._people(query.get("q", ""), query.get("done", "")))
        if where == ("GET", "/sandbox.css"):
            return HTTPStatus.OK, "text/css", STYLE.encode()
        if where == ("GET", "/activity.zip"):
            return HTTPStatus.OK, "application/zip", activity_archive(self._sandbox)
        actions: dict[str, Callable[[dict[str, str]], bool]] = {
            "/accept": self._accept,
            "/enroll": self._enroll,
            "/progress": self._progress,
            "/complete": self._complete,
            "/learn": self._learn,
            "/faults": self._faults,
            "/invites": self._invites,
        }
        if environ["REQUEST_METHOD"] != "POST" or environ["PATH_INFO"] not in actions:
            return _page(HTTPStatus.NOT_FOUND, "<p>There is no such page in the sandbox.</p>")
        size = int(environ.get("CONTENT_LENGTH") or 0)
        sent = _fields(environ["wsgi.input"].read(size).decode())
        try:
            done = actions[environ["PATH_INFO"]](sent)
        except (KeyError, ValueError) as error:
            said = f"<p>A field is missing or wrong: {escape(str(error))}</p>"
            return _page(HTTPStatus.BAD_REQUEST, said)
        if not done:
            said = "<p>Nothing changed: the person is not there, or cannot do that now.</p>"
            return _page(HTTPStatus.CONFLICT, said)
        back = {"q": sent.get("q", ""), "done": environ["PATH_INFO"].strip("/")}
        return HTTPStatus.SEE_OTHER, "text/plain", f"/?{urlencode(back)}".encode()

    def _key(self, sent: dict[str, str]) -> tuple[str, str]:
        person = self._sandbox.find(sent["person"].strip(), sent.get("program"))
        return (person.program_id, person.external_id) if person else ("", "")

    def _accept(self, sent: dict[str, str]) -> bool:
        return self._sandbox.accept(*self._key(sent))

    def _enroll(self, sent: dict[str, str]) -> bool:
        kind = sent.get("kind", "course")
        if kind not in CONTENT_TYPES:
            raise ValueError("kind")
        return self._sandbox.enroll(*self._key(sent), _course(sent), kind)

    def _progress(self, sent: dict[str, str]) -> bool:
        percent = float(sent["percent"])
        if not 0 <= percent <= 100:
            raise ValueError("percent")
        return self._sandbox.progress(*self._key(sent), _course(sent), percent)

    def _complete(self, sent: dict[str, str]) -> bool:
        return self._sandbox.complete(*self._key(sent), _course(sent))

    def _learn(self, sent: dict[str, str]) -> bool:
        return self._sandbox.learn(*self._key(sent))

    def _faults(self, sent: dict[str, str]) -> bool:
        known = asdict(self._sandbox.faults)
        sent.pop("q", None)
        if not sent.keys() <= known.keys() or any(int(value) < 0 for value in sent.values()):
            raise ValueError("unknown switch or negative number")
        self._sandbox.set_faults(**{name: int(value) for name, value in sent.items()})
        return True

    def _invites(self, sent: dict[str, str]) -> bool:
        if sent["program"] not in self._sandbox.programs:
            raise ValueError("program")
        take_bulk_invites(self._sandbox, sent["program"], io.StringIO(sent["csv"]))
        return True

    def _people(self, asked: str, done: str) -> str:
        wanted = asked.casefold()
        with self._sandbox.lock:
            people = [
                person
                for person in reversed(self._sandbox.people.values())
                if wanted in f"{person.email} {person.full_name} {person.external_id}".casefold()
            ]
            shown = "".join(self._person(person, asked) for person in people[:SHOWN])
        said = f'<p role="status">Done: {escape(done)}.</p>' if done else ""
        return f"""{said}
<form method="get" action="/" role="search">
<label>Address, name or external id <input name="q" value="{escape(asked)}"></label>
<button>Search</button></form>
<h2>People ({len(people)})</h2>
{shown or "<p>Nobody has been invited yet.</p>"}
<h2>What goes wrong</h2>
<p>1 is on and 0 is off, where no number is asked for.</p>
{self._switches()}
<h2>Files</h2>
<p><a href="/activity.zip">Download the activity export (ZIP of CSVs)</a></p>
<form method="post" action="/invites">
<label>Program {_select("program", self._sandbox.programs)}</label>
<label>Bulk-invite file <textarea name="csv" rows="3" cols="60" required></textarea></label>
<button>Invite all</button></form>"""

    def _person(self, person: Person, asked: str) -> str:
        name = escape(person.full_name)
        hidden = "".join(
            f'<input type="hidden" name="{field}" value="{escape(value)}">'
            for field, value in (
                ("person", person.external_id),
                ("program", person.program_id),
                ("q", asked),
            )
        )
        courses = "".join(
            f"<li>{escape(e.name)} ({e.content_type}): {e.progress(self._sandbox.now()):g} %"
            f"{', completed' if e.completed_at(self._sandbox.now()) else ''}</li>"
            for e in person.enrollments.values()
        )
        forms = [_form("accept", "", hidden, "Accept the invitation", name)]
        course = '<label>Course <input name="course" required></label>'
        forms.append(_form("enroll", f"{course}{_kind()}", hidden, "Enroll", name))
        if person.state == MEMBER and person.enrollments:
            named = {e.name: e.name for e in person.enrollments.values()}
            chosen = f"<label>Course {_select('course', named)}</label>"
            percent = (
                '<label>Percent <input name="percent" type="number" min="0" max="100"'
                ' step="any" required></label>'
            )
            forms[0] = _form("learn", "", hidden, "Learn something", name)
            forms.append(_form("progress", f"{chosen}{percent}", hidden, "Set progress", name))
            forms.append(_form("complete", chosen, hidden, "Complete", name))
        return f"""<article><h3><bdi>{name}</bdi></h3>
<p><bdi>{escape(person.email)}</bdi> · {escape(person.external_id)} ·
{escape(self._sandbox.programs.get(person.program_id, person.program_id))} ·
<strong>{escape(person.state)}</strong></p>
{f"<ul>{courses}</ul>" if courses else ""}{"".join(forms)}</article>"""

    def _switches(self) -> str:
        fields = "".join(
            f'<label>{words} <input name="{name}" type="number" min="0"'
            f' value="{int(getattr(self._sandbox.faults, name))}"></label>'
            for name, words in FAULT_WORDS.items()
        )
        return f'<form method="post" action="/faults">{fields}<button>Set</button></form>'


def _fields(text: str) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(text, keep_blank_values=True).items()}


def _course(sent: dict[str, str]) -> str:
    name = sent["course"].strip()
    if not name:
        raise ValueError("course")
    return name


def _kind() -> str:
    return f"<label>Kind {_select('kind', {kind: kind for kind in CONTENT_TYPES})}</label>"


def _select(name: str, options: dict[str, str]) -> str:
    choices = "".join(
        f'<option value="{escape(value)}">{escape(words)}</option>'
        for value, words in options.items()
    )
    return f'<select name="{name}">{choices}</select>'


def _form(action: str, fields: str, hidden: str, words: str, name: str) -> str:
    return (
        f'<form method="post" action="/{action}">{hidden}{fields}'
        f'<button aria-label="{words}: {name}">{words}</button></form>'
    )


def _page(status: HTTPStatus, content: str) -> tuple[HTTPStatus, str, bytes]:
    html = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Coursera sandbox</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/sandbox.css"></head>
<body><header><h1>Coursera sandbox</h1>
<p class="sandbox">This is a sandbox for trying things out. It is not Coursera, and nobody here is
a real learner.</p></header>
<main>{content}<p><a href="/">All people</a></p></main></body></html>"""
    return status, "text/html; charset=utf-8", html.encode()
