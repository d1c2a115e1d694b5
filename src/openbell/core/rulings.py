"""Commands of the exchange's own people, and SESSION, by the part of the core that carries them out."""

from __future__ import annotations

import cython

from openbell.core.bust import Busts
from openbell.core.command import Command
from openbell.core.controls import Controls
from openbell.core.delivery import Delivery
from openbell.core.fees import Fees
from openbell.core.kill import KillSwitches

if not cython.compiled:
    from openbell.core.codes import (
        C_BUST,
        C_KILL,
        C_LIFT,
        C_SESSION,
        C_SET_FEES,
        C_SET_LIMITS,
        E_OK,
        SESSION_END,
        SESSION_LOST,
    )
    from openbell.core.types import i64


class Rulings:
    """SET_LIMITS, SET_FEES, KILL, LIFT, BUST, SESSION."""

    def __init__(
        self,
        command: Command,
        controls: Controls,
        fees: Fees,
        kills: KillSwitches,
        busts: Busts,
        delivery: Delivery,
    ) -> None:
        self.command = command
        self.controls = controls
        self.fees = fees
        self.kills = kills
        self.busts = busts
        self.sessions = delivery.sessions
        self.delivery = delivery

    def takes(self, kind: i64) -> bool:
        """Whether this is one of these commands."""
        if kind == C_SET_LIMITS or kind == C_SET_FEES or kind == C_BUST:
            return True
        return kind == C_KILL or kind == C_LIFT or kind == C_SESSION

    def apply(self, kind: i64) -> i64:
        """Carry the command out; a refusal's numbers are in the answer."""
        code: i64
        if kind == C_SET_LIMITS:
            code = self.controls.set_limits()
            if code != E_OK:
                self.command.fail(code, self.controls.limit, self.controls.observed)
        elif kind == C_SET_FEES:
            code = self.fees.set_fees()
            if code != E_OK:
                self.command.fail(code, self.fees.limit, self.fees.observed)
        elif kind == C_SESSION:
            code = self.session()
            if code != E_OK:
                self.command.fail(code, self.sessions.limit, self.sessions.observed)
        elif kind == C_BUST:
            code = self.busts.bust()
            if code != E_OK:
                self.command.fail(code, self.busts.limit, self.busts.observed)
        else:
            code = self.kills.set_switch(kind == C_KILL)
            if code != E_OK:
                self.command.fail(code, self.kills.limit, self.kills.observed)
        return code

    def session(self) -> i64:
        """SESSION: one that is lost takes its orders with it; one that is kept has an end and a span."""
        code: i64 = self.sessions.session()
        if code != E_OK:
            return code
        a: i64 = self.command.count - 1
        if self.command.session[0].op == SESSION_LOST:
            self.command.answers[a].count = self.delivery.end_session(self.sessions.find(), SESSION_LOST)
        elif self.command.session[0].op != SESSION_END:
            self.command.answers[a].limit = self.sessions.limit
            self.command.answers[a].observed = self.sessions.observed
        return E_OK
