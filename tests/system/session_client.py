"""A client that holds an order session on the stream until it is killed: prints the session's id.

python -m tests.system.session_client PORT TOKEN
"""

from __future__ import annotations

import asyncio
import json
import sys

import aiohttp


async def main(port: str, token: str) -> None:
    async with aiohttp.ClientSession() as http:
        stream = await http.ws_connect(f"http://127.0.0.1:{port}/v1/stream")
        await stream.send_json({"action": "auth", "token": token})
        await stream.send_json({"action": "openSession"})
        async for received in stream:
            said = json.loads(received.data)
            if said["type"] == "SESSION":
                print(said["sessionId"], flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
