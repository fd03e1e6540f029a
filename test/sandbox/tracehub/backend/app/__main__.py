import signal
import sys

import uvicorn

from app import faults
from app.settings import settings

# A container's first process ignores signals that it has no handler for: while it still boots,
# only SIGKILL would stop it. The server replaces this handler with its graceful one.
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))

faults.before_start(settings.fault)
uvicorn.run(
    "app.main:app",
    host="0.0.0.0",
    port=8000,
    access_log=False,
    timeout_graceful_shutdown=20,
    headers=[("X-Version", settings.revision)],
)
