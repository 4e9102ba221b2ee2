"""Pages printed to PDF by a browser, as university portals and mail pages are."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from tests import browsers
from tests.documents.pictures import Honest, card, saved

QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking")
LETTER = """<p>یہ تصدیق کی جاتی ہے کہ <b>عائشہ خان</b> جامعہ پنجاب، لاہور میں کمپیوٹر سائنس کی طالبہ ہیں۔</p>
<p>مزید معلومات: <a href="https://pu.edu.pk/">pu.edu.pk</a>، <a href="mailto:registrar@pu.edu.pk">registrar@pu.edu.pk</a></p>"""
GRADES = "".join(
    f"<tr><td>CS-{100 + row}<td>Course {row} کورس<td>3<td>{'ABC'[row % 3]}" for row in range(90)
)
PAGES = {
    "letter in Urdu": f"<html lang=ur dir=rtl><title>سند</title><h1>تصدیق نامہ</h1>{LETTER * 4}",
    "transcript": f"""<html lang=en><title>Transcript</title><style>@page {{ size: A4; margin: 2cm }} td {{ border: 1px solid }}</style>
<h1 id=top>Transcript</h1><table><thead><tr><th>Code<th>Course<th>Credit hours<th>Grade<tbody>{GRADES}</table>
<a href=#top>To the top</a>""",
    "portal": """<html lang=en><title>Student portal</title><style>body { background: linear-gradient(#fff, #dfe) }
div { box-shadow: 0 2px 9px #0006; border-radius: 9px; padding: 1em; transform: rotate(1deg); opacity: .8 }</style>
<h1>Profile</h1><div><img src="card.jpg" width=320><svg width=90 height=90><circle cx=45 cy=45 r=40 fill=teal /></svg></div>
<form><label>Name <input value="Ayesha Khan"></label><select><option>Student</select><input type=checkbox checked></form>""",
}


def printed_by_a_browser() -> Iterator[Honest]:
    """What Chromium prints: with its line of date and address, and without; nothing where there is none."""
    if not (browser := browsers.chromium()):
        return
    with TemporaryDirectory() as home:
        Path(home, "card.jpg").write_bytes(saved(card(1280, 960), "JPEG"))
        for number, (name, page) in enumerate(PAGES.items()):
            source, made = Path(home, "page.html"), Path(home, f"{number}.pdf")
            source.write_text(f"<!doctype html><meta charset=utf-8>{page}", encoding="utf-8")
            command = [browser, *QUIET, f"--user-data-dir={home}/profile"]
            command += [] if number else ["--no-pdf-header-footer"]
            command += [f"--print-to-pdf={made}", source.as_uri()]
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            yield Honest("printed by a browser", f"{name}.pdf", made.read_bytes())
