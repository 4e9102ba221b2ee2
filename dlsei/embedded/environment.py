"""Build `.venv` from a lock: `python3 dlsei/embedded/environment.py demo|dev`, with any Python 3 and nothing installed.

It does nothing when `.venv` already holds the lock. uv installs in seconds; where it cannot, pip does.
"""

import fcntl
import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time

PROJECT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(PROJECT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
NEEDED = (3, 11)
NEEDED_BYTES = 1.5 * 1024**3


def check_python(version: tuple) -> None:  # type: ignore[type-arg]
    """Exit with a sentence when this Python (`version`: its version_info) is too old."""
    if tuple(version[:2]) < NEEDED:
        sys.exit(
            "Python 3.11 or newer is needed, and {} is {}.{}: install a newer one, "
            "or name it, as in 'make run PYTHON=/path/to/python3.11'.".format(
                sys.executable, version[0], version[1]
            )
        )


def check_space(path: str) -> None:
    """Exit with a sentence when the disk that holds `path` is nearly full."""
    free = shutil.disk_usage(path).free
    if free < NEEDED_BYTES:
        sys.exit(
            "{:.1f} GiB are free on the disk of {}, and 1.5 GiB are needed: make room first.".format(
                free / 1024**3, path
            )
        )


def check_venv_module() -> None:
    """Exit with a sentence when this Python cannot make a virtual environment."""
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        sys.exit(
            "Python's venv module is not installed: on Debian and Ubuntu, 'apt-get install python3-venv' installs it."
        )


def lock_path(packages: str) -> str:
    """The lock file of a set of packages, `demo` or `dev`."""
    return os.path.join(PROJECT, "requirements-{}.lock".format(packages))


def digest(path: str) -> str:
    """What tells one version of a file from another."""
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def installed() -> tuple:  # type: ignore[type-arg]
    """The set that `.venv` holds and the digest of its lock; two empty strings when there is none."""
    try:
        with open(os.path.join(VENV, "installed")) as file:
            packages, of_lock = file.read().split()
    except (OSError, ValueError):
        return "", ""
    usable = (
        subprocess.call([PYTHON, "-c", ""], stderr=subprocess.DEVNULL)
        if os.path.exists(PYTHON)
        else 1
    )
    return (packages, of_lock) if usable == 0 else ("", "")


def run(command: list) -> tuple:  # type: ignore[type-arg]
    """Run a command quietly; returns its exit code and what it said."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=PROJECT)
    return done.returncode, done.stdout.decode(errors="replace").strip()


def make_venv() -> None:
    """Make `.venv` afresh, with uv in it when the lock's uv can be had."""
    check_venv_module()
    shutil.rmtree(VENV, ignore_errors=True)
    code, said = run([sys.executable, "-m", "venv", VENV])
    if code:
        sys.exit("The virtual environment could not be made: {}".format(said.splitlines()[-1]))
    with open(lock_path("demo")) as file:
        uv = re.search(r"^uv==(?:.*\\\n)+.*\n", file.read(), re.MULTILINE)
    if uv:
        bootstrap = os.path.join(VENV, "uv.lock")
        with open(bootstrap, "w") as file:
            file.write(uv.group(0))
        run(
            [
                PYTHON,
                "-m",
                "pip",
                "install",
                "--quiet",
                "--no-deps",
                "--require-hashes",
                "-r",
                bootstrap,
            ]
        )


def install(packages: str) -> None:
    """Install a set's lock into `.venv`: exactly it with uv, at least it with pip."""
    lock = lock_path(packages)
    uv = [
        PYTHON,
        "-m",
        "uv",
        "pip",
        "sync",
        "--quiet",
        "--require-hashes",
        "--python",
        PYTHON,
        lock,
    ]
    pip = [
        PYTHON,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-compile",
        "--require-hashes",
        "-r",
        lock,
    ]
    code, said = run(uv)
    if code:
        code, said = run(pip)
    if code:
        sys.exit(
            "The packages could not be installed, from PyPI or the mirror pip is set up for: {}".format(
                said.splitlines()[-1] if said else "pip said nothing"
            )
        )


def main(packages: str) -> None:
    """Bring `.venv` to the lock of `packages`; one that has the larger set keeps it."""
    check_python(sys.version_info)
    with open(__file__) as this:
        fcntl.flock(this, fcntl.LOCK_EX)
        held, of_lock = installed()
        wanted = "dev" if "dev" in (held, packages) else "demo"
        if held == wanted and of_lock == digest(lock_path(wanted)):
            return
        began = time.time()
        check_space(PROJECT)
        print("  packages ({}) …".format(wanted), end="", flush=True)
        if not held:
            make_venv()
        install(wanted)
        with open(os.path.join(VENV, "installed"), "w") as file:
            file.write("{} {}\n".format(wanted, digest(lock_path(wanted))))
        print(" {:.1f} s".format(time.time() - began))


if __name__ == "__main__":
    main(sys.argv[1])
