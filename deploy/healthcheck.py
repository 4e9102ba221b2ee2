"""Exit status 0 when the web process in this container answers, for HEALTHCHECK.

`healthcheck.py /readyz` asks for more, and prints the answer for people; a number is another port.
"""

import http.client
import os
import sys
from urllib.parse import urlsplit

# The site answers to its own name only.
host = urlsplit(os.environ.get("SITE_URL", "http://localhost:8000")).netloc
port = next((int(word) for word in sys.argv[1:] if word.isdigit()), 8000)
path = next((word for word in sys.argv[1:] if word.startswith("/")), "/livez")
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
connection.request("GET", path, headers={"Host": host})
answer = connection.getresponse()
print(answer.read().decode())
raise SystemExit(answer.status != 200)
