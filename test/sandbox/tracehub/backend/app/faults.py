"""What is wrong with the versions that a deploy has to survive. APP_FAULT names one, at build time."""

import time

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

SERVED_BEFORE_IT_BREAKS = 60

server_error = JSONResponse({"detail": "Internal Server Error"}, status_code=500)
unhealthy = JSONResponse({"status": "unhealthy", "database": "connected"}, status_code=503)


def before_start(fault: str | None) -> None:
    if fault == "slow-boot":
        time.sleep(10)
    if fault == "crash-loop":
        raise RuntimeError("cannot read the carrier configuration")


def while_running(app: FastAPI, fault: str | None) -> None:
    if fault in answers:
        app.add_middleware(Faulty, fault=fault)


class Faulty:
    """Answers in the application's place when the fault has something to say."""

    def __init__(self, app: ASGIApp, fault: str) -> None:
        self.app = app
        self.answer = answers[fault]()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = self.answer(scope) if scope["type"] == "http" else None
        await (answer or self.app)(scope, receive, send)


def never_healthy():
    return lambda scope: unhealthy if scope["path"] in ("/health", "/api/health") else None


def smoke_fails():
    return lambda scope: server_error if (scope["method"], scope["path"]) == ("GET", "/api/shipments") else None


def bad_after_switch():
    served = 0

    def answer(scope: Scope):
        nonlocal served
        if not scope["path"].startswith("/api/"):
            return None
        served += 1
        return server_error if served > SERVED_BEFORE_IT_BREAKS else None

    return answer


answers = {"never-healthy": never_healthy, "smoke-fails": smoke_fails, "bad-after-switch": bad_after_switch}
