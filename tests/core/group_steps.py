"""Groups as steps of a flow: most of them right, some with a leg that does not fit, some nonsense."""

from __future__ import annotations

from typing import TYPE_CHECKING

from openbell.core import codes
from tests.core import commands

if TYPE_CHECKING:
    from tests.core.steps import Steps

STAYS = (codes.DAY, codes.GTC, codes.GTC)
STOPS = (codes.STOP, codes.STOP_LIMIT, codes.TRAILING_STOP)
KINDS = (codes.OCO, codes.OCO, codes.OTO, codes.BRACKET, codes.BRACKET)
ODD_FIELDS = ("stop_price", "min_quantity", "notional", "expire_ts", "stp", "flags", "display")


class GroupSteps:
    """Draws NEW_GROUP commands."""

    def __init__(self, steps: Steps) -> None:
        self.steps = steps
        self.draw = steps.draw

    def group(self) -> tuple[bytes, bool]:
        """The command, and whether a leg of it is GTD."""
        steps, draw = self.steps, self.draw
        instrument, kind = steps.instrument(), draw.pick(KINDS)
        side, quantity = draw.whole(codes.BUY, codes.SELL), steps.quantity(instrument)
        if steps.one_in(2):
            quantity *= 3  # more than one order fills
        self.ends = False
        if kind == codes.OCO:
            legs = [self.leg(instrument, side, quantity) for _ in range(2)]
            if steps.one_in(2):
                legs = [self.limit(instrument, side, quantity), self.stop(instrument, side, quantity)]
        else:
            legs = [self.parent(instrument, side, quantity)]
            if kind == codes.BRACKET:
                legs.append(self.limit(instrument, 1 - side, quantity))
                legs.append(self.stop(instrument, 1 - side, quantity))
            else:
                legs.append(self.leg(instrument, 1 - side, quantity))
        count = None
        if steps.odd(12):
            kind, count = draw.pick((0, 1, 2, 3, 4, 255)), draw.pick((0, 1, 2, 3, 4, 255))
        if steps.odd(12):
            legs = draw.pick((legs[::-1], legs[:1], legs * 2, []))
        blob = draw.pick((b"", b"", b"a", b"group-id", b"x" * 48, b"y" * 60))
        made = commands.group(steps.account(), instrument, kind, legs, blob, steps.header(), count)
        if steps.odd(10) and len(made) > 112:
            for _ in range(draw.whole(1, 3)):
                made[draw.whole(96, len(made) - 1)] = draw.whole(0, 255)
        return bytes(made), self.ends

    def leg(self, instrument: int, side: int, quantity: int) -> bytes:
        make = self.stop if self.steps.one_in(2) else self.limit
        return make(instrument, side, quantity)

    def parent(self, instrument: int, side: int, quantity: int) -> bytes:
        """A parent may be of any kind and time in force."""
        steps, draw = self.steps, self.draw
        if steps.one_in(5):
            fields = {"order_type": codes.MARKET} | self.odd(side, quantity)
            return commands.leg(fields.pop("side", side), 0, fields.pop("quantity", quantity), **fields)
        if steps.one_in(5):
            return self.stop(instrument, side, quantity)
        tif = draw.pick((codes.IOC, codes.FOK)) if steps.one_in(5) else None
        return self.limit(instrument, side, quantity, tif)

    def limit(self, instrument: int, side: int, quantity: int, tif: int | None = None) -> bytes:
        price = self.steps.price(instrument, side)
        fields = {"tif": self.tif() if tif is None else tif} | self.odd(side, quantity)
        return commands.leg(fields.pop("side", side), price, fields.pop("quantity", quantity), **fields)

    def stop(self, instrument: int, side: int, quantity: int) -> bytes:
        order_type, price, fields = self.steps.stop(instrument, side)
        fields |= {"order_type": order_type, "tif": self.tif()} | self.odd(side, quantity)
        return commands.leg(fields.pop("side", side), price, fields.pop("quantity", quantity), **fields)

    def tif(self) -> int:
        if self.steps.one_in(10):
            self.ends = True
            return codes.GTD
        return self.draw.pick(STAYS)

    def odd(self, side: int, quantity: int) -> dict[str, int]:
        """Mostly nothing; a mode, or a field that does not fit."""
        steps, draw = self.steps, self.draw
        if steps.one_in(4):
            return {"stp": draw.pick((codes.CANCEL_OLDEST, codes.CANCEL_BOTH, codes.DECREMENT))}
        if not steps.odd(20):
            return {}
        if steps.one_in(3):
            return {"side": draw.pick((1 - side, 2))}
        if steps.one_in(3):
            return {"quantity": draw.pick((0, -1, quantity + 1, 2 * quantity, 1 << 62))}
        if steps.one_in(2):
            return {"tif": draw.pick((codes.IOC, codes.FOK, codes.OPG, codes.CLS, codes.GTD, 7))}
        return {draw.pick(ODD_FIELDS): draw.pick((0, 1, 5))}
