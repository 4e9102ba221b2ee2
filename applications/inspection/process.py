"""The process in which an applicant's file is opened: little memory, little time, nothing to open.

`python -m applications.inspection.process inspect MAX_BYTES` or `… page NUMBER`: the file comes on
standard input; on standard output go one line of JSON and the bytes made of it. Knows no Django, no
setting and no secret.
"""

import json
import os
import resource
import sys
from typing import Any

MIB = 1024 * 1024
MEMORY = 272 * MIB
"""Of addresses: what is really used then stays below 256 MiB."""
SECONDS = 4
WRITTEN = 16 * MIB
JPEG, PNG, PDF = "image/jpeg", "image/png", "application/pdf"


def main() -> None:
    """Does what the arguments say. Exit status 0: there is an answer, which may be a refusal."""
    _limit()
    usage = os.open("/proc/self/status", os.O_RDONLY) if os.path.exists("/proc/self") else None
    task, argument = sys.argv[1], int(sys.argv[2])
    content = sys.stdin.buffer.read()
    answer, made = inspected(content, argument) if task == "inspect" else page(content, argument)
    answer["seconds"] = sum(resource.getrusage(resource.RUSAGE_SELF)[:2])
    if usage is not None:
        answer["mib"] = _most_memory(usage)
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + made)
    sys.stdout.buffer.flush()


def inspected(content: bytes, max_bytes: int) -> tuple[dict[str, Any], bytes]:
    """The file made clean, or the code of why it is refused."""
    from applications.inspection.refusals import refuse_document
    from dlsei.policy.refusals import Refused

    kind = _type(content)
    try:
        if kind == PDF:
            from applications.inspection.pdfs import clean_pdf

            _close_the_door()
            clean, pages = clean_pdf(content)
        elif kind:
            from applications.inspection.images import clean_image

            _close_the_door()
            (clean, kind), pages = clean_image(content, max_bytes), 1
        else:
            raise Refused(refuse_document("document-type"))
    except Refused as refused:
        return {"refused": refused.refusal.code, "values": dict(refused.refusal.values)}, b""
    except (MemoryError, RecursionError):
        return {"refused": "document-too-complex", "values": {}}, b""
    except Exception:  # decoders raise whatever a damaged file makes of them
        return {"refused": "document-broken", "values": {}}, b""
    return {"content_type": kind, "pages": pages}, clean


def page(content: bytes, number: int) -> tuple[dict[str, Any], bytes]:
    """One page of a clean PDF as a picture; refused when it cannot be drawn."""
    from applications.inspection.rendering import render

    _close_the_door()
    try:
        return {"content_type": JPEG, "pages": 1}, render(content, number)
    except Exception:  # whatever a page makes of it
        return {"refused": "document-too-complex", "values": {}}, b""


def _type(content: bytes) -> str:
    """Whatever name and sender say: what the first bytes are."""
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    return PDF if b"%PDF-" in content[:1024] else ""


def _limit() -> None:
    for which, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(which, (most, most))


def _close_the_door() -> None:
    """From here on no file, socket or process can be opened: everything needed is loaded."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _most_memory(usage: int) -> float:
    lines = os.pread(usage, 1 << 16, 0).decode().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


if __name__ == "__main__":
    main()
