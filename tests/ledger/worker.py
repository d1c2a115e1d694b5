"""The ledger's role alone in a process: `python -m tests.ledger.worker`, settings by environment."""

from __future__ import annotations

import asyncio
import logging

from openbell.ledger import role
from openbell.ops.settings import Settings

if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(role.run(Settings.load(), asyncio.Event(), lambda: print("ready", flush=True)))
