"""`.venv` from the locks, and the sentences of a machine that cannot have it."""

import os
import re
import shutil
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest

from dlsei.embedded import environment

PROJECT = Path(environment.PROJECT)
LOCKS = sorted(PROJECT.glob("requirements*.lock"))


def make(*arguments: str) -> "subprocess.CompletedProcess[str]":
    outer = {name for name in os.environ if name.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", *arguments],
        cwd=PROJECT,
        env={name: value for name, value in os.environ.items() if name not in outer},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_make_with_an_old_python_says_so_in_one_sentence(tmp_path: Path):
    old = tmp_path / "python3"
    old.write_text(
        f"""#!{sys.executable}
import runpy, sys
sys.version_info = (3, 8, 19)
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""
    )
    old.chmod(0o755)

    made = make("setup", f"PYTHON={old}")

    assert made.returncode != 0
    assert made.stderr.splitlines()[0].startswith("Python 3.11 or newer is needed, and ")
    assert "is 3.8: install a newer one" in made.stderr
    assert "Traceback" not in made.stderr


def test_make_without_any_python_says_so_in_one_sentence():
    made = make("run", "PYTHON=no-such-python")

    assert made.returncode != 0
    assert made.stdout == "Python 3.11 or newer is needed, and no no-such-python was found.\n"


def test_a_missing_venv_module_names_the_package_to_install(monkeypatch):
    monkeypatch.setattr(environment.importlib.util, "find_spec", lambda name: None)

    with pytest.raises(SystemExit, match="apt-get install python3-venv"):
        environment.check_venv_module()


def test_a_full_disk_says_how_much_is_missing(monkeypatch):
    usage = namedtuple("usage", "total used free")(10**12, 10**12, 1024**3)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage)

    with pytest.raises(SystemExit, match="1.0 GiB are free on the disk of /, and 1.5 GiB"):
        environment.check_space("/")


def test_an_environment_that_holds_the_lock_is_left_as_it_is():
    made = make("setup")

    assert (made.returncode, made.stdout) == (0, ""), made.stderr


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_locks_pin_every_package_by_hash_and_name_no_host(lock: Path):
    text = lock.read_text()
    pinned = re.findall(r"^[a-z0-9].*==\S+(?: ; .+)? \\\n    --hash=sha256:", text, re.MULTILINE)

    assert len(pinned) == len(re.findall(r"^[a-z0-9]", text, re.MULTILINE)) > 50
    assert "://" not in text
    assert "--find-links" not in text


def test_each_larger_lock_pins_what_the_smaller_one_does():
    pins = [set(re.findall(r"^(\S+==\S+)", lock.read_text(), re.MULTILINE)) for lock in LOCKS]
    demo, dev, product = pins

    assert [lock.name for lock in LOCKS] == [
        "requirements-demo.lock",
        "requirements-dev.lock",
        "requirements.lock",
    ]
    assert product < demo < dev
