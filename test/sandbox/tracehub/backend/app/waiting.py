"""What takes its time: slow requests, long polls, websockets."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, WebSocket, WebSocketDisconnect
from fastapi.concurrency import run_in_threadpool

from app.answer import Answer
from app.database import engine

router = APIRouter(prefix="/api")

Seconds = Annotated[float, Query(ge=0)]
LONGEST = 60


@router.get("/slow")
async def slow(seconds: Seconds = 2) -> Answer:
    await asyncio.sleep(min(seconds, LONGEST))
    return Answer({"waited": seconds, "at": await run_in_threadpool(database_time)})


@router.get("/poll")
async def poll(seconds: Seconds = 25) -> Answer:
    await asyncio.sleep(min(seconds, LONGEST))
    return Answer({"waited": seconds, "events": []})


@router.websocket("/ws")
async def echo(websocket: WebSocket) -> None:
    await websocket.accept()
    try:
        while True:
            await websocket.send_text(await websocket.receive_text())
    except WebSocketDisconnect:
        pass


def database_time():
    with engine.connect() as connection:
        return connection.exec_driver_sql("SELECT now()").scalar_one()
