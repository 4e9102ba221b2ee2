"""The web process as the image starts it: it serves, says so, and logs as everything else does."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from django.conf import settings

from dlsei.embedded.server import free_port

HOST = "dlsei.example"


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """A gunicorn with the shipped configuration, its port and its log."""
    home, port = tmp_path_factory.mktemp("web"), free_port()
    environment = os.environ | {
        "DATABASE_URL": settings.DATABASE_URL,
        "REDIS_URL": settings.REDIS_URL,
        "SECRET_KEY": "of a test",
        "SITE_URL": f"https://{HOST}",
        "ALLOWED_HOSTS": HOST,
        "TRUSTED_PROXY_COUNT": "1",
        "STATIC_ROOT": str(home / "static"),
        "DLSEI_DATA": str(home),
        "WEB_CONCURRENCY": "1",
    }
    run = {"cwd": settings.BASE_DIR, "env": environment}
    collected = [sys.executable, "manage.py", "collectstatic", "--noinput", "--ignore", "admin"]
    subprocess.run(collected, check=True, capture_output=True, **run)
    served = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    served += ["--bind", f"127.0.0.1:{port}", "dlsei.wsgi:application"]
    log = home / "log"
    with (
        log.open("wb") as output,
        subprocess.Popen(served, stderr=output, stdout=output, **run) as it,
    ):
        for _ in range(600):
            if healthy(port) or it.poll() is not None:
                break
            time.sleep(0.1)
        yield port, log
        it.terminate()


def healthy(port: int) -> bool:
    checked = subprocess.run(
        [sys.executable, "deploy/healthcheck.py", str(port)],
        cwd=settings.BASE_DIR,
        env=os.environ | {"SITE_URL": f"https://{HOST}"},
        capture_output=True,
    )
    return checked.returncode == 0


def test_it_is_healthy_and_a_dead_one_is_not(web: tuple[int, Path]) -> None:
    assert healthy(web[0])
    assert not healthy(free_port())


def test_plain_http_is_sent_to_https_and_https_is_served(web: tuple[int, Path]) -> None:
    site = httpx.Client(base_url=f"http://127.0.0.1:{web[0]}", headers={"Host": HOST})

    plain = site.get("/")
    over_tls = site.get("/accounts/login/", headers={"X-Forwarded-Proto": "https"})

    assert (plain.status_code, plain.headers["Location"]) == (301, f"https://{HOST}/")
    assert over_tls.status_code == 200
    assert "max-age=31536000" in over_tls.headers["Strict-Transport-Security"]
    assert "Secure" in over_tls.headers["Set-Cookie"]


def test_static_files_come_compressed_for_good(web: tuple[int, Path]) -> None:
    site = httpx.Client(base_url=f"http://127.0.0.1:{web[0]}", headers={"Host": HOST})
    page = site.get("/accounts/login/", headers={"X-Forwarded-Proto": "https"}).text
    css = page.split('rel="stylesheet"')[1].split('href="')[1].split('"')[0]

    sent = site.get(css, headers={"X-Forwarded-Proto": "https", "Accept-Encoding": "br"})

    assert sent.headers["Content-Encoding"] == "br"
    assert "immutable" in sent.headers["Cache-Control"]


def test_every_line_it_logs_is_an_object(web: tuple[int, Path]) -> None:
    httpx.get(f"http://127.0.0.1:{web[0]}/livez?who=somebody", headers={"Host": HOST})

    lines = [json.loads(line) for line in web[1].read_text().splitlines()]

    assert "gunicorn.error" in {line["logger"] for line in lines}
    assert "GET /livez" in {line.get("request") for line in lines}
    assert "somebody" not in web[1].read_text()
