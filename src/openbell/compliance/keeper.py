"""Keeps the archive of the log: brings what is due, and removes what is past its class, or has no room.

Importing this module imports pyarrow.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable

from openbell.compliance.archive import ArchiveConflict, LogArchive
from openbell.compliance.archiver import ArchiveGap, Archiver
from openbell.compliance.documents import Wrong, digest_of
from openbell.compliance.key import load_signing_key
from openbell.compliance.register import CannotHold
from openbell.compliance.retention import Beginning, Retention, remove, sweep
from openbell.log.errors import LogError
from openbell.ops.room import Room, largest_in
from openbell.ops.settings import Settings

log = logging.getLogger(__name__)

PRUNE_PERCENT = 90  # of the data folder's cap: above it the oldest of its own archive goes
RETENTION_EVERY_S = 3_600.0


class Keeper:
    """Keeps the archive that `settings` name, of the exchange whose log begins with `genesis`.

    Raises:
        ArchiveError: the archive's URL cannot be used.
        SecretError: the signing key cannot be used.
        OSError: the key cannot be read or made.

    Attributes:
        said: what is wrong now, "" if nothing is.
    """

    def __init__(
        self, settings: Settings, genesis: bytes, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.key = load_signing_key(settings.archive_key_file)
        self.own = settings.archive_url is None
        self.archive = LogArchive(
            settings.archive_url or settings.archive_dir, digest_of(genesis), self.key.public
        )
        self.archiver = Archiver(settings.journal_dir, settings.snapshot_dir, self.archive, self.key)
        self.retention = Retention(settings.retention_orders_years, settings.retention_ledger_years)
        self.snapshots = settings.snapshot_dir
        self.room = Room(settings.data_dir, settings.data_mib_max << 20)
        self.lock = settings.register_lock
        self.said = ""
        self._clock = clock
        self._retained_at = -RETENTION_EVERY_S

    def keep(self) -> None:
        """Do what is due; what cannot be done is said once, and tried again the next time."""
        try:
            self.archiver.step()
            self.tidy()
        except (ArchiveConflict, ArchiveGap, CannotHold, Wrong, LogError, OSError) as error:
            if str(error) != self.said:
                self.said = str(error)
                log.error("The log is not archived: %s", error)
            return
        if self.said:
            log.info("The log is archived again")
            self.said = ""

    def tidy(self) -> None:
        """Remove what is past its class, and from an archive within the data folder what has no room.

        Raises:
            CannotHold, Wrong, ArchiveConflict, OSError: as `enter` says.
        """
        if self.own and (excess := self.room.over(PRUNE_PERCENT, largest_in(self.snapshots))):
            through = Beginning(self.archive).over(excess)
            if through:
                remove(self.archive, self.key, self.lock, through, "the data folder has no room for more")
                self.room.look()
        if self._clock() - self._retained_at < RETENTION_EVERY_S:
            return
        sweep(self.archive)
        through = Beginning(self.archive).past(self.retention, time.time_ns())
        if through:
            remove(self.archive, self.key, self.lock, through, "its classes have ended")
        self._retained_at = self._clock()
