"""Exit status 0 when the web process in this container answers, for HEALTHCHECK."""

import http.client
import os
import sys
from urllib.parse import urlsplit

# The site answers to its own name only.
host = urlsplit(os.environ.get("SITE_URL", "http://localhost:8000")).netloc
port = int(sys.argv[1]) if sys.argv[1:] else 8000
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=4)
connection.request("GET", "/livez", headers={"Host": host})
raise SystemExit(connection.getresponse().status != 200)
