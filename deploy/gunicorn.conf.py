"""How gunicorn serves the product: its own log lines in the same form as all others, no access log."""

import os

from dlsei import logs

bind = "0.0.0.0:8000"
workers = int(os.environ.get("WEB_CONCURRENCY", "3"))
threads = 4
preload_app = True
timeout = 60
graceful_timeout = 30
max_requests = 5000
max_requests_jitter = 500
# Heartbeats belong in memory: a slow disk must not look like a hung worker.
worker_tmp_dir = "/dev/shm"
control_socket_disable = True
# The proxy in front is the only one that can reach this port.
forwarded_allow_ips = "*"
logconfig_dict = logs.configuration("json", os.environ.get("LOG_LEVEL", "INFO")) | {
    "loggers": {"gunicorn.error": {"level": "INFO", "handlers": ["console"], "propagate": False}}
}
