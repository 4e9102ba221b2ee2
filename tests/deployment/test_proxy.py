"""The door as it is shipped: the real Caddy with `deploy/Caddyfile` before the real web process."""

import json
import os
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import httpx
import pytest
from django.conf import settings

from dlsei.embedded.server import free_port
from tests.deployment.test_headers import faults

CADDY = Path(sys.executable).with_name("caddy")
FILE = settings.BASE_DIR / "deploy" / "Caddyfile"
MEGABYTE = 1_000_000
PART = b'Content-Disposition: form-data; name="file"; filename="card.jpg"'
THREADS = 4
"""Of the one web process that serves here (deploy/gunicorn.conf.py)."""


class Door:
    """A running proxy: `site` speaks TLS with it and believes its own certificate authority alone."""

    def __init__(self, tls: int, plain: int, trust: ssl.SSLContext) -> None:
        self.tls, self.plain, self.trust = tls, plain, trust
        # What a browser brings along, so that the web process looks at the form at all.
        self.of_a_page = {
            "Content-Type": "multipart/form-data; boundary=frame",
            "Origin": f"https://localhost:{tls}",
            "Cookie": f"csrftoken={'t' * 32}",
        }
        self.site = httpx.Client(base_url=f"https://localhost:{tls}", verify=trust, timeout=30)


def shipped(upstream: int, home: Path) -> tuple[dict[str, Any], int, int]:
    """What Caddy makes of the shipped file, moved to ports that a test may open."""
    adapted = subprocess.run(
        [CADDY, "adapt", "--config", FILE, "--adapter", "caddyfile"],
        env={"SITE_HOST": "localhost", "HOME": str(home)},
        capture_output=True,
        check=True,
    )
    tls, plain = free_port(), free_port()
    text = adapted.stdout.decode().replace('"web:8000"', f'"127.0.0.1:{upstream}"')
    made = json.loads(text)
    http = made["apps"]["http"]
    http["https_port"], http["http_port"] = tls, plain
    for server in http["servers"].values():
        port = {":443": tls, ":80": plain}[server["listen"][0]]
        server["listen"] = [f"127.0.0.1:{port}"]
        server["protocols"] = ["h1", "h2"]
    made["admin"] = {"disabled": True}
    made["storage"] = {"module": "file_system", "root": str(home)}
    made["apps"]["pki"] = {"certificate_authorities": {"local": {"install_trust": False}}}
    return made, tls, plain


@contextmanager
def running(
    upstream: int,
    home: Path,
    changed: Callable[[dict[str, Any]], None] = lambda made: None,
) -> Iterator[Door]:
    made, tls, plain = shipped(upstream, home)
    changed(made)
    file = home / "caddy.json"
    file.write_text(json.dumps(made))
    command = [CADDY, "run", "--config", file]
    environment = {"HOME": str(home), "PATH": os.environ["PATH"]}
    with (
        (home / "caddy.log").open("wb") as log,
        subprocess.Popen(command, env=environment, stdout=log, stderr=log) as caddy,
    ):
        try:
            yield Door(tls, plain, _trust(home, tls))
        finally:
            caddy.terminate()


def _trust(home: Path, port: int) -> ssl.SSLContext:
    root = home / "pki" / "authorities" / "local" / "root.crt"
    for _ in range(300):
        if root.exists():
            trust = ssl.create_default_context(cafile=str(root))
            try:
                httpx.get(f"https://localhost:{port}/metrics", verify=trust)
            except httpx.TransportError:
                pass
            else:
                return trust
        time.sleep(0.1)
    raise AssertionError((home / "caddy.log").read_text())


@pytest.fixture(scope="module")
def door(web: tuple[int, Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    with running(web[0], tmp_path_factory.mktemp("caddy")) as it:
        yield it


def test_plain_http_leads_to_tls_and_is_protected_too(door: Door) -> None:
    answer = httpx.get(f"http://localhost:{door.plain}/apply/?a=b", headers={"Host": "localhost"})

    assert (answer.status_code, answer.headers["Location"]) == (301, "https://localhost/apply/?a=b")
    # Over plain http nobody may promise TLS (RFC 6797, 7.2).
    assert faults(answer.headers) == ["Strict-Transport-Security"]


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/accounts/login/", 200),
        ("/dashboard/", 302),
        ("/livez", 200),
        ("/no/such/page/", 404),
        ("/static/no-such-file.css", 404),
        ("/metrics", 404),
        ("/readyz", 404),
        # Neither Django nor its headers ever see this one.
        ("/?" + "a" * 5000, 414),
    ],
)
def test_what_comes_out_is_protected_whoever_said_it(door: Door, address: str, status: int) -> None:
    answer = door.site.get(address)

    assert answer.status_code == status
    assert faults(answer.headers) == []
    assert not {"server", "via"} & set(answer.headers)


def test_files_come_compressed_from_inside_and_pages_are_compressed_here(door: Door) -> None:
    page = door.site.get("/accounts/login/", headers={"Accept-Encoding": "gzip"})
    style = page.text.split('rel="stylesheet"')[1].split('href="')[1].split('"')[0]
    file = door.site.get(style, headers={"Accept-Encoding": "br, gzip"})

    assert page.headers["Content-Encoding"] == "gzip"
    assert file.headers["Content-Encoding"] == "br"
    assert "immutable" in file.headers["Cache-Control"]
    assert faults(file.headers) == []


@pytest.mark.parametrize(
    ("address", "size", "let_through"),
    [
        ("/accounts/login/", 6 * MEGABYTE, True),
        ("/accounts/login/", 8 * MEGABYTE, False),
        ("/admin/hec/imports/", 8 * MEGABYTE, True),
        ("/admin/hec/imports/", 69 * MEGABYTE, False),
    ],
)
def test_what_is_too_large_goes_no_further(
    door: Door, address: str, size: int, let_through: bool
) -> None:
    head, tail = b"--frame\r\n" + PART + b"\r\n\r\n", b"\r\n--frame--\r\n"
    content = head + b"x" * (size - len(head + tail)) + tail

    answer = door.site.post(address, content=content, headers=door.of_a_page)

    # What gets in has not the form's token, as Django says when it has read it.
    assert answer.status_code == (403 if let_through else 413)
    assert faults(answer.headers) == []


def test_while_the_web_process_is_down_the_proxy_says_so(tmp_path: Path) -> None:
    def soon(made: dict[str, Any]) -> None:
        text = json.dumps(made)
        assert '"try_duration": 30000000000' in text
        made |= json.loads(
            text.replace('"try_duration": 30000000000', '"try_duration": 1000000000')
        )

    with running(free_port(), tmp_path, soon) as door:
        answer = door.site.get("/accounts/login/")

    assert answer.status_code == 502
    for words in ("Please try again in a few minutes.", "براہِ کرم چند منٹ بعد دوبارہ کوشش کریں۔"):
        assert words in answer.text
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert faults(answer.headers) == []


class Site(BaseHTTPRequestHandler):
    """A site that notes what it is asked, and answers with `status` what it is told."""

    status, text, length = 200, "<!doctype html>a page", 0
    asked: list[str]

    def do_POST(self) -> None:
        # As the web process does, which reads to the end of what never comes whole.
        if len(self.rfile.read(length := int(self.headers["Content-Length"]))) == length:
            self.asked.append(f"the whole {self.path}")

    def do_GET(self) -> None:
        self.asked.append(f"{self.command} {self.path} {self.headers['Content-Length']}")
        self.send_response(self.status)
        self.send_header("Content-Length", str(self.length or len(self.text)))
        self.end_headers()
        self.wfile.write(self.text.encode())

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def door_to_a_site(home: Path, **said: Any) -> Iterator[tuple[Door, list[str]]]:
    site = type("SiteThat", (Site,), said | {"asked": []})
    with ThreadingHTTPServer(("127.0.0.1", 0), site) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        with running(server.server_port, home) as door:
            yield door, site.asked
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "text"),
    [(200, "<!doctype html>a page"), (500, "413 Request Entity Too Large")],
)
def test_who_sends_too_much_reads_the_page_about_it(tmp_path: Path, status: int, text: str) -> None:
    with door_to_a_site(tmp_path, status=status) as (door, asked):
        sent = door.site.post("/apply/documents/", content=b"x" * 8 * MEGABYTE)

    assert (sent.status_code, sent.text) == (413, text)
    assert asked == ["GET /too-large/ None"]
    assert faults(sent.headers) == []


def test_a_line_about_a_broken_answer_quotes_no_address(tmp_path: Path) -> None:
    with (
        door_to_a_site(tmp_path, length=1000) as (door, _),
        pytest.raises(httpx.RemoteProtocolError),
    ):
        door.site.get("/invitation/a-secret/?q=Ayesha")

    log = (tmp_path / "caddy.log").read_text()
    assert "aborting with incomplete response" in log
    assert not [word for word in ("a-secret", "Ayesha", "remote_ip") if word in log]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_another_name_than_the_sites_is_not_served(door: Door, scheme: str) -> None:
    port = {"http": door.plain, "https": door.tls}[scheme]
    elsewhere = {"Host": "elsewhere.example"}

    answer = httpx.get(f"{scheme}://localhost:{port}/", headers=elsewhere, verify=door.trust)

    assert answer.status_code == 421
    assert faults(answer.headers) == ([] if scheme == "https" else ["Strict-Transport-Security"])
    assert "server" not in answer.headers


def slow_upload(door: Door) -> socket.socket:
    """A phone that has sent the beginning of a document and is still at it."""
    raw = socket.create_connection(("localhost", door.tls))
    phone = door.trust.wrap_socket(raw, server_hostname="localhost")
    headers = door.of_a_page | {"Host": f"localhost:{door.tls}", "Content-Length": "5000000"}
    lines = ["POST /accounts/login/ HTTP/1.1", *(f"{n}: {v}" for n, v in headers.items())]
    phone.sendall("\r\n".join([*lines, "", "--frame", ""]).encode() + PART + b"\r\n\r\nx")
    return phone


def answers_beside_slow_uploads(door: Door) -> bool:
    with ExitStack() as phones:
        for _ in range(2 * THREADS):
            phones.enter_context(closing(slow_upload(door)))
        time.sleep(0.5)
        try:
            return door.site.get("/accounts/login/", timeout=5).status_code == 200
        except httpx.ReadTimeout:
            return False


def test_slow_phones_keep_nobody_waiting(door: Door) -> None:
    assert answers_beside_slow_uploads(door)


def test_control_without_a_buffer_they_would(web: tuple[int, Path], tmp_path: Path) -> None:
    def without_a_buffer(made: dict[str, Any]) -> None:
        text = json.dumps(made)
        assert '"request_buffers": 8000000, ' in text
        made |= json.loads(text.replace('"request_buffers": 8000000, ', ""))

    with running(web[0], tmp_path, without_a_buffer) as door:
        assert not answers_beside_slow_uploads(door)
