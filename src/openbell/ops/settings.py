"""Settings: one table. Each comes from a flag, else from `OPENBELL_<NAME>`, else its default.

`python -m openbell.ops.settings` prints the table that `docs/settings.md` holds.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self, get_type_hints
from urllib.parse import quote

import msgspec
from msgspec import Meta, inspect

PREFIX = "OPENBELL_"
DATA_DIR_BYTES_MAX = 80  # a Unix socket's path has room for 107 bytes, and ours lie below the data folder

# Values that are fixed when a data folder is made: they are written into its log's first record.
GENESIS_PREFIX = "genesis_"


class SettingsError(ValueError):
    """A setting has a value that cannot be used; the message names it and says what can."""


class Settings(msgspec.Struct, kw_only=True, frozen=True):
    """Everything that can be set. Build one with `Settings.load`."""

    data_dir: Annotated[
        Path,
        Meta(description="The data folder: log, snapshots, database, keys. One `openbell up` at a time."),
    ] = Path("var")
    host: Annotated[str, Meta(description="The address that the gateway listens on.")] = "127.0.0.1"
    port: Annotated[int, Meta(ge=1, le=65535, description="The port of the app, the API and the stream.")] = (
        8000
    )
    gateways: Annotated[int, Meta(ge=1, le=64, description="Gateway processes that share the port.")] = 1
    seed: Annotated[
        int, Meta(ge=0, description="Where generated history and the simulator's decisions start.")
    ] = 7
    calendar: Annotated[
        Literal["always", "XNYS", "class"] | None,
        Meta(description="When a new exchange trades (`always`); one that runs keeps its calendar."),
    ] = None
    simulator: Annotated[bool, Meta(description="Whether simulated participants make a market.")] = True
    rate: Annotated[
        float,
        Meta(gt=0, le=100_000, description="The simulator's orders per second after its opening quotes."),
    ] = 200.0
    makers: Annotated[int, Meta(ge=1, le=10_000, description="Market maker accounts of the simulator.")] = 60
    traders: Annotated[int, Meta(ge=1, le=10_000, description="Trader accounts of the simulator.")] = 60
    database_url: Annotated[
        str | None,
        Meta(description="A PostgreSQL of yours (`postgresql://...`); without it one is embedded."),
    ] = None
    ledger_keep_hours: Annotated[
        int,
        Meta(
            ge=0,
            description="Hours until simulated orders that never filled leave the database; 0 keeps them.",
        ),
    ] = 24
    seconds_keep_hours: Annotated[
        int,
        Meta(ge=0, description="Hours for which charts of 1 to 30 seconds go back; 0 keeps all."),
    ] = 6
    minutes_keep_days: Annotated[
        int,
        Meta(
            ge=0,
            description="Days for which charts of 1 to 15 minutes go back; what is older stays by the hour. 0"
            " keeps all.",
        ),
    ] = 30
    archive_url: Annotated[
        str | None,
        Meta(
            description="Where the log and old ticks go and stay: a folder, or `s3://bucket/folder?region=...`;"
            " without it `DATA_DIR/archive`, whose oldest goes where the data folder has no room."
        ),
    ] = None
    data_mib_max: Annotated[
        int,
        Meta(
            ge=0,
            description="Most MiB of the data folder: the oldest that nobody needs goes, and where nothing"
            " can go new orders get `LOG_FULL`. 0: no cap, and the whole log stays.",
        ),
    ] = 10_240
    warm: Annotated[
        bool,
        Meta(
            description="Whether the node takes the memory that orders fill with time at its start, beside"
            " its work (some 530 MiB by default): no order waits for a page later."
        ),
    ] = True
    retention_orders_years: Annotated[
        int,
        Meta(ge=1, le=100, description="Years that records of orders stay in an archive of yours."),
    ] = 5
    retention_ledger_years: Annotated[
        int,
        Meta(ge=1, le=100, description="Years that records of money and shares stay in an archive of yours."),
    ] = 6
    ticks_warm_hours: Annotated[
        int,
        Meta(ge=0, description="Hours after the end of a date until its ticks move into the archive."),
    ] = 24
    ticks_mib_max: Annotated[
        int,
        Meta(
            ge=0,
            description="Most MiB of the exchange's ticks in the data folder, and of those of all feeds,"
            " which take at most a tenth of the cap; then the oldest leave it. 0: no bound.",
        ),
    ] = 2_048
    ticks_flush_s: Annotated[
        float,
        Meta(gt=0, le=3_600, description="Seconds that ticks gather in memory before they become files."),
    ] = 60.0
    feed_listen: Annotated[
        str | None,
        Meta(
            description="`[HOST:]PORT` where `openbell up` takes in prices from elsewhere (loopback without a"
            " host); unset, nothing listens."
        ),
    ] = None
    feed_name: Annotated[
        str, Meta(description="The name of the feed that comes there, and of its folder.")
    ] = "external"
    session_key: Annotated[
        Path | None,
        Meta(description="The file (0600) of the key that signs session tokens; `DATA_DIR/session.key`."),
    ] = None
    web_dist: Annotated[Path | None, Meta(description="The built web app; `web/dist` of the checkout.")] = (
        None
    )
    session_days: Annotated[
        float, Meta(gt=0, le=365, description="How long a session token is good, in days.")
    ] = 7.0
    order_rate: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Trading messages a second an account; cancels always pass."),
    ] = 200
    read_rate: Annotated[
        int,
        Meta(ge=1, le=1_000_000, description="Other requests a second an account, such as its portfolio."),
    ] = 500
    demo_accounts: Annotated[
        int, Meta(ge=0, le=1_000_000, description="Most demo accounts open at a time.")
    ] = 10_000
    demo_rate: Annotated[
        int, Meta(ge=1, le=1_000_000, description="Demo accounts a minute that one address may open.")
    ] = 20
    demo_idle_hours: Annotated[
        float, Meta(gt=0, description="After so many idle hours a demo account is closed and paid back.")
    ] = 24.0
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="The least severity that is logged.")
    ] = "info"
    log_format: Annotated[
        Literal["plain", "json"], Meta(description="A log line's form: for a person, or for a collector.")
    ] = "plain"
    instance: Annotated[
        int, Meta(ge=1, description="Which of several processes of one role this is; `openbell up` sets it.")
    ] = 1

    genesis_accounts: Annotated[int, Meta(ge=16, description="Most accounts.")] = 1_048_576
    genesis_instruments: Annotated[int, Meta(ge=1, description="Most instruments.")] = 1_024
    genesis_positions: Annotated[
        int, Meta(ge=16, description="Most positions (an account's holding of one instrument).")
    ] = 4_194_304
    genesis_orders: Annotated[int, Meta(ge=16, description="Most working orders.")] = 262_144
    genesis_ended_orders: Annotated[int, Meta(ge=16, description="Ended orders kept in memory.")] = 524_288
    genesis_requests: Annotated[int, Meta(ge=16, description="Request keys kept.")] = 1_048_576
    genesis_levels: Annotated[int, Meta(ge=2, description="Most price levels a side of a book.")] = 2_048
    genesis_open_orders_per_account: Annotated[
        int, Meta(ge=1, description="Most working orders of an account.")
    ] = 1_000
    genesis_ended_per_account: Annotated[
        int, Meta(ge=1, description="Ended orders kept in memory for an account.")
    ] = 10_000
    genesis_slice: Annotated[
        int, Meta(ge=1, le=4_096, description="Orders that one step of a long command touches.")
    ] = 1_024
    genesis_request_ttl_ns: Annotated[
        int, Meta(ge=1, description="How long an ended request's key is kept, in nanoseconds of log time.")
    ] = 24 * 3_600 * 1_000_000_000
    genesis_order_quantity_max: Annotated[
        int, Meta(ge=1, le=10**16, description="Largest order, in 1/100,000,000 share.")
    ] = 10**14
    genesis_order_value_max: Annotated[
        int, Meta(ge=1, le=10**15, description="Largest order value, in 1/10,000 USD.")
    ] = 10**11

    @classmethod
    def load(cls, environ: Mapping[str, str] | None = None, /, **flags: Any) -> Self:
        """Settings from `flags` (None: not given), then the environment, then the defaults.

        Raises:
            SettingsError: a value of the wrong type or out of range, an unknown flag, or a data folder
                whose path is too long for the sockets in it.
        """
        environ = os.environ if environ is None else environ
        unknown = sorted(set(flags) - set(cls.__struct_fields__))
        if unknown:
            raise SettingsError(f"unknown setting {unknown[0]!r}; known: {', '.join(cls.__struct_fields__)}")
        values: dict[str, Any] = {}
        hints = get_type_hints(cls, include_extras=True)
        for name in cls.__struct_fields__:
            raw, source = flags.get(name), "--" + name.replace("_", "-")
            if raw is None:
                source = PREFIX + name.upper()
                raw = environ.get(source)
            if raw is None or raw == "":
                continue
            values[name] = _convert(source, raw, hints[name])
        settings = cls(**values)
        made = settings._with_absolute_paths()
        length = len(os.fsencode(made.data_dir))
        if length > DATA_DIR_BYTES_MAX:
            raise SettingsError(
                f"the data folder's path {made.data_dir} has {length} bytes; the sockets in it allow"
                f" {DATA_DIR_BYTES_MAX}: choose a shorter one"
            )
        return made

    def _with_absolute_paths(self) -> Self:
        paths = {
            name: Path.cwd() / value
            for name in self.__struct_fields__
            if isinstance(value := getattr(self, name), Path)
        }
        return msgspec.structs.replace(self, **paths)

    def environment(self) -> dict[str, str]:
        """The `OPENBELL_*` variables from which `load` makes these settings again, for a child process."""
        return {
            PREFIX + name.upper(): str(value).lower() if isinstance(value, bool) else str(value)
            for name in self.__struct_fields__
            if (value := getattr(self, name)) is not None
        }

    def genesis(self) -> dict[str, int]:
        """The capacities and limits of a new log, by the field names of its first record."""
        return {
            name.removeprefix(GENESIS_PREFIX): getattr(self, name)
            for name in self.__struct_fields__
            if name.startswith(GENESIS_PREFIX)
        }

    @property
    def node_socket(self) -> Path:
        """The node's door."""
        return self.data_dir / "node.sock"

    @property
    def run_dir(self) -> Path:
        """Where a role says that it is ready, with a file `<role>.ready`."""
        return self.data_dir / "run"

    @property
    def journal_dir(self) -> Path:
        """The log of commands: what everything else is made from."""
        return self.data_dir / "journal"

    @property
    def snapshot_dir(self) -> Path:
        """The node's snapshots; each can be made again from the journal."""
        return self.data_dir / "snapshots"

    @property
    def log_dir(self) -> Path:
        """What the roles said, a file each."""
        return self.data_dir / "log"

    @property
    def participants_file(self) -> Path:
        """The simulator's accounts and their tokens (0600)."""
        return self.data_dir / "participants.json"

    @property
    def session_key_file(self) -> Path:
        """The key that signs session tokens (0600)."""
        return self.session_key or self.data_dir / "session.key"

    @property
    def admin_token_file(self) -> Path:
        """The token that the admin door asks for (0600)."""
        return self.data_dir / "admin.token"

    @property
    def web_folder(self) -> Path:
        """The built web app; it may be missing."""
        return self.web_dist or Path(__file__).resolve().parents[3] / "web" / "dist"

    @property
    def ticks_dir(self) -> Path:
        """The tick store of the exchange's own market."""
        return self.data_dir / "ticks"

    @property
    def feeds_dir(self) -> Path:
        """Prices from elsewhere, a folder for each feed."""
        return self.data_dir / "feeds"

    @property
    def archive_dir(self) -> Path:
        """Where old ticks go when no archive is named."""
        return self.data_dir / "archive"

    @property
    def archive_key_file(self) -> Path:
        """The key that signs what is archived of the log (0600)."""
        return self.data_dir / "archive.key"

    @property
    def register_lock(self) -> Path:
        """Whoever writes the archive's register holds the lock of this file."""
        return self.data_dir / "register.lock"

    @property
    def postgres_dir(self) -> Path:
        """The embedded PostgreSQL: its data, socket and passwords."""
        return self.data_dir / "postgres"

    @property
    def database(self) -> str:
        """The database's URL: yours, or the embedded one's (whose password libpq reads from a 0600 file)."""
        if self.database_url:
            return self.database_url
        socket, passfile = self.postgres_dir / "socket", self.postgres_dir / "app.pgpass"
        return f"postgresql://openbell@/openbell?host={quote(str(socket))}&passfile={quote(str(passfile))}"


def _convert(source: str, raw: Any, hint: Any) -> Any:
    text = raw.lower() if isinstance(raw, str) and hint is _BOOL else raw
    if hint is _BOOL and isinstance(text, str):
        text = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text, text)
    try:
        return msgspec.convert(text, hint, strict=False, dec_hook=_decode)
    except (msgspec.ValidationError, ValueError) as error:
        hint_text = "; use true or false" if hint is _BOOL else ""
        raise SettingsError(f"{source}={raw!r} cannot be used: {error}{hint_text}") from None


def _decode(type_: type, value: Any) -> Any:
    if issubclass(type_, Path):
        return Path(value).expanduser()
    raise ValueError(f"a setting of type {type_.__name__} cannot be read")


_BOOL = get_type_hints(Settings, include_extras=True)["simulator"]


def table() -> str:
    """Every setting as a Markdown table: variable, type, default, what it does."""
    lines = ["| variable | type | default | what it does |", "|---|---|---|---|"]
    struct: Any = inspect.type_info(Settings)
    for info in struct.fields:
        kind, description = _describe(info.type)
        default = info.default
        shown = "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
        lines.append(
            f"| `{PREFIX}{info.name.upper()}` | {kind} | {f'`{shown}`' if shown else ''} | {description} |"
        )
    return "\n".join(lines) + "\n"


def _describe(type_: Any) -> tuple[str, str]:
    description = ""
    while isinstance(type_, inspect.Metadata):
        description = (type_.extra_json_schema or {}).get("description", description)
        type_ = type_.type
    if isinstance(type_, inspect.UnionType):
        type_ = next(one for one in type_.types if not isinstance(one, inspect.NoneType))
    if isinstance(type_, inspect.LiteralType):
        return " or ".join(f"`{value}`" for value in type_.values), description
    if isinstance(type_, inspect.CustomType):
        return "path", description
    words = {"IntType": "whole number", "FloatType": "number", "StrType": "text", "BoolType": "true or false"}
    word = words[type(type_).__name__]
    low, high = getattr(type_, "ge", None), getattr(type_, "le", None)
    if low is not None and high is not None:
        word += f" {low} to {high}"
    elif low is not None:
        word += f" from {low}"
    return word, description


if __name__ == "__main__":
    print(table(), end="")
