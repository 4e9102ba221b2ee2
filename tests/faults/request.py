"""One POST to the product in a process of its own, answered in a thread as a web server does.

`python -m tests.faults.request NOW SESSION PATH [fragile]` prints status and seconds as JSON. With
`fragile` what fails after a commit is not kept from the answer.
"""

import json
import sys
import time
from datetime import datetime
from threading import Thread


def main(now: str, session: str, path: str, fragile: str = "") -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.db import transaction
    from django.test import Client
    from django.utils import timezone

    at = datetime.fromisoformat(now)
    timezone.now = lambda: at
    if fragile:
        on_commit = transaction.on_commit
        transaction.on_commit = lambda call, using=None, robust=False: on_commit(call, using)
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    client.cookies[settings.SESSION_COOKIE_NAME] = session

    def post() -> None:
        # The first answer of a process loads templates and URLs.
        client.get("/admin/")
        began = time.monotonic()
        answer = client.post(path)
        said = {"status": answer.status_code, "seconds": time.monotonic() - began}
        print(json.dumps(said), flush=True)

    thread = Thread(target=post)
    thread.start()
    thread.join()


if __name__ == "__main__":
    main(*sys.argv[1:])
