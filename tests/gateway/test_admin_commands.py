"""The table of admin commands: every entry becomes a record, and what is wrong is named."""

from __future__ import annotations

import json

import pytest

from openbell.core import codes, records
from openbell.gateway.admin.commands import (
    COMMANDS,
    WHO_MAX,
    Signature,
    pack,
    read_signature,
)
from openbell.gateway.admin.fields import AdminCommand
from openbell.gateway.admin.kinds import PERSON, person_number
from openbell.gateway.admin.routes import read_texts
from openbell.gateway.commands import request_key
from openbell.gateway.problems import Problem

NOW = 1_700_000_000 * 10**9
SIGNED = Signature("Ada", "a test", "k-1")
LOOKUP = {"AAPL": 7}.get
# What SET_LIMITS can change: field and flag.
LIMITED = {
    "order_quantity_max": codes.LIMIT_QUANTITY,
    "order_value_max": codes.LIMIT_VALUE,
    "exposure_max": codes.LIMIT_EXPOSURE,
    "duplicate_ns": codes.LIMIT_DUPLICATE,
    "open_orders_max": codes.LIMIT_OPEN_ORDERS,
    "message_rate": codes.LIMIT_RATE,
    "tier": codes.LIMIT_TIER,
    "kyc": codes.LIMIT_KYC,
    "restricted": codes.LIMIT_RESTRICTED,
}


def examples(command: AdminCommand) -> dict[str, str]:
    """Every field of a command, as its kind's example."""
    return {field.camel: field.kind.example for field in command.fields}


def packed(name: str, **given: str) -> tuple[records.Record, records.Record]:
    """Header and body of a command."""
    record = pack(COMMANDS[name], given, SIGNED, LOOKUP, NOW)
    head = records.Header.from_buffer_copy(record)
    layout = records.BODIES[head.type]
    assert layout
    return head, layout.from_buffer_copy(record, records.Header.SIZE)


def wrong(name: str, **given: str) -> list[tuple[str, str]]:
    """What is wrong with a command: pointer and sentence."""
    with pytest.raises(Problem) as caught:
        pack(COMMANDS[name], given, SIGNED, LOOKUP, NOW)
    assert caught.value.status == 400
    return [(one.pointer, one.detail) for one in caught.value.errors]


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_every_command_of_the_table_becomes_a_record_with_who_and_why(command: AdminCommand) -> None:
    record = pack(command, examples(command), SIGNED, LOOKUP, NOW)
    head = records.Header.from_buffer_copy(record)
    assert head.type == command.type
    assert head.length == len(record)
    assert head.valid_until > NOW
    others = {field.camel: "Grace" for field in command.fields if field.kind is PERSON}
    assert json.loads(records.blob_of(record)) == {"who": "Ada", "why": "a test"} | others
    assert head.actor == person_number("Ada") != 0
    assert (head.key_low, head.key_high) == request_key("admin/k-1") != request_key("k-1")


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_fields_go_where_the_record_has_them(command: AdminCommand) -> None:
    layout = records.BODIES[command.type]
    body = {name for name, _ in layout.FIELDS} if layout else set()
    targets = [field.target + end for field in command.fields for end in field.kind.words]
    targets += [target for target, _ in command.fixed]
    for target in targets:
        place, dot, name = target.partition(".")
        assert (place == "body" and name in body) if dot else place in ("account", "firm", "instrument")
    # What no field and no constant sets stays zero, and must be spare, or not named by the record's flags.
    unset = body - {target.partition(".")[2] for target in targets}
    if command.type == codes.C_SET_LIMITS:
        unset -= set(LIMITED)
    assert all(name.startswith("reserved") for name in unset - {"flags"})


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_the_flags_of_a_change_name_what_was_given_and_nothing_else(command: AdminCommand) -> None:
    if command.type not in (codes.C_SET_LIMITS, codes.C_SET_LISTING):
        assert not any(field.flag for field in command.fields)
        return
    needed = {field.camel: field.kind.example for field in command.fields if field.required}
    fixed = dict(command.fixed).get("body.flags", 0)
    for field in command.fields:
        if field.flag:
            _, body = packed(command.name, **needed, **{field.camel: field.kind.example})
            assert body.flags == field.flag
            if command.type == codes.C_SET_LIMITS:
                assert field.target == f"body.{dict(zip(LIMITED.values(), LIMITED, strict=True))[field.flag]}"
    if fixed:
        _, body = packed(command.name, **needed)
        assert body.flags == fixed


@pytest.mark.parametrize("name", ["limit-firm", "limit-venue", "limit-account", "change-listing"])
def test_a_change_changes_something(name: str) -> None:
    needed = {field.camel: field.kind.example for field in COMMANDS[name].fields if field.required}
    [(_, said)] = wrong(name, **needed)
    assert "give at least one of" in said


def test_two_persons_are_two_numbers_and_one_is_one() -> None:
    _, body = packed("bust", trade="0000000000001", second="Grace")
    assert body.second == person_number("  grace ") != person_number("Ada")


def test_rates_are_millionths_and_spans_nanoseconds() -> None:
    head, body = packed("set-fees", taker="0.25", perShare="0.003")
    assert (head.instrument, body.taker, body.per_share) == (records.ANY_INSTRUMENT, 2500, 30)
    _, body = packed("limit-venue", window="0.5")
    assert (body.scope, body.duplicate_ns) == (codes.SCOPE_VENUE, 500_000_000)


def test_amounts_are_exact_and_symbols_are_numbers() -> None:
    head, body = packed("transfer", account="A00000004", to="a00000005", cash="0.0001", symbol="aapl")
    assert (head.account, head.instrument) == (4, 7)
    assert (body.to_account, body.cash, body.quantity) == (5, 1, 0)
    _, body = packed("issue", account="A00000004", symbol="AAPL", quantity="0.00000001", price="1e3")
    assert (body.quantity, body.price) == (1, 10**7)


def test_a_listing_has_the_usual_rules_unless_told_otherwise() -> None:
    _, body = packed("list", symbol="new", referencePrice="12.34", limitCollar="2.5", protections="off")
    assert records.symbol_text(body.symbol_low, body.symbol_high) == "NEW"
    assert (body.reference_price, body.tick_size, body.lot_size) == (123_400, 100, 10**8)
    assert (body.market_collar, body.limit_collar, body.realm) == (500, 250, 1)
    assert body.flags == codes.PROTECTIONS_OFF


def test_the_switches_of_a_listing_do_not_undo_each_other() -> None:
    both = packed("list", symbol="new", referencePrice="12.34", protections="off", auctions="on")[1]
    assert both.flags == codes.PROTECTIONS_OFF | codes.AUCTIONS
    assert packed("list", symbol="new", referencePrice="12.34", auctions="on")[1].flags == codes.AUCTIONS


def test_a_phase_is_the_whole_markets_or_one_instruments() -> None:
    head, body = packed("phase", phase="closed", date="2026-03-05", endsAt="2026-03-06T11:30:00Z")
    assert (head.instrument, body.phase, body.market) == (records.ANY_INSTRUMENT, codes.IN_CLOSED, 0)
    assert (body.date, body.ends_ts) == (2026_03_05, 1_772_796_600 * 10**9)
    head, body = packed("phase", phase="AUCTION_CALL", symbol="aapl")
    assert (head.instrument, body.phase, body.ends_ts) == (7, codes.IN_AUCTION_CALL, 0)


def test_a_cancel_all_without_symbol_and_side_means_all() -> None:
    head, body = packed("cancel-all", account="A00000004")
    assert (head.instrument, body.side) == (records.ANY_INSTRUMENT, records.ANY_SIDE)
    head, body = packed("cancel-all", account="A00000004", symbol="AAPL", side="sell")
    assert (head.instrument, body.side) == (7, codes.SELL)


@pytest.mark.parametrize(
    ("name", "given", "pointer", "said"),
    [
        ("deposit", {"account": "4", "amount": "1"}, "/account", "is an account id like A00000004"),
        ("deposit", {"account": "A00000004"}, "/amount", "amount is required (USD)"),
        ("deposit", {"account": "A00000004", "amount": "1.00001"}, "/amount", "more than 4 decimals"),
        ("deposit", {"account": "A00000004", "amount": "-1"}, "/amount", "is out of range"),
        ("deposit", {"account": "A00000004", "amount": "NaN"}, "/amount", "is not a decimal number"),
        ("suspend", {"symbol": "XXX"}, "/symbol", "'XXX' is not listed"),
        ("suspend", {"symbol": "AAPL", "x": "1"}, "/x", "suspend has no field 'x'"),
        ("list", {"symbol": "é", "referencePrice": "1"}, "/symbol", "1 to 16 printable ASCII"),
        ("list", {"symbol": "A", "referencePrice": "1", "realm": "4294967296"}, "/realm", "out of range"),
        ("day-roll", {"date": "20260305x"}, "/date", "is a date like 2026-03-05"),
        ("cancel-all", {"account": "A00000004", "side": "up"}, "/side", "is one of BUY, SELL"),
        ("phase", {"phase": "SUSPENDED"}, "/phase", "is one of CONTINUOUS, CLOSED, PRE_OPEN"),
        ("phase", {"phase": "CLOSED", "endsAt": "21:00"}, "/endsAt", "is a time like 2026-03-05T21:00:00Z"),
        ("bust", {"trade": "1", "second": "Grace"}, "/trade", "is a trade's id of 13 characters"),
        ("bust", {"trade": "0000000000001", "second": ""}, "/second", "is a person's name"),
        ("limit-account", {"account": "A00000004", "tier": "4294967296"}, "/tier", "tier is out of range"),
        ("open", {"kind": "CLEARING"}, "/kind", "is one of USER, HOUSE"),
    ],
)
def test_a_wrong_field_is_named(name: str, given: dict[str, str], pointer: str, said: str) -> None:
    [(found, detail)] = wrong(name, **given)
    assert found == pointer
    assert said in detail


def test_all_wrong_fields_are_named_at_once() -> None:
    assert [pointer for pointer, _ in wrong("issue", symbol="XXX")] == [
        "/account",
        "/symbol",
        "/quantity",
        "/price",
    ]


@pytest.mark.parametrize(
    ("given", "key", "pointers"),
    [
        ({"who": "Ada"}, None, ["/why"]),
        ({"who": " ", "why": "x"}, None, ["/who"]),
        ({"who": "x" * (WHO_MAX + 1), "why": "x"}, None, ["/who"]),
        ({"who": "a\nb", "why": "x"}, "a b", ["/who", "/header/Idempotency-Key"]),
    ],
)
def test_who_and_why_are_required(given: dict[str, str], key: str | None, pointers: list[str]) -> None:
    with pytest.raises(Problem) as caught:
        read_signature(given, key)
    assert [one.pointer for one in caught.value.errors] == pointers


def test_a_command_without_a_key_gets_one_of_its_own() -> None:
    first, second = (read_signature({"who": "Ada", "why": "a test"}, None) for _ in range(2))
    assert first.key != second.key
    assert first._replace(key="k-1") == SIGNED


def test_numbers_of_a_body_stay_as_they_are_written() -> None:
    assert read_texts(b'{"a": 0.10, "b": "x\\u00e9", "c": true, "d": null, "e": 1e2}') == {
        "a": "0.10",
        "b": "xé",
        "c": "true",
        "e": "1e2",
    }


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a": {}}', b'{"a": [1]}', b'{"a": "\xff"}'])
def test_a_body_that_is_no_flat_object_is_refused(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        read_texts(body)
    assert caught.value.code == "BAD_JSON"
