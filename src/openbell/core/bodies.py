"""How long the bodies of the commands are."""

from __future__ import annotations

import cython

if not cython.compiled:
    from openbell.core.codes import (
        C_BUST,
        C_CANCEL,
        C_CANCEL_ALL,
        C_CLOCK_JUMP,
        C_CLOSE_ACCOUNT,
        C_DAY_ROLL,
        C_DEPOSIT,
        C_ISSUE,
        C_KILL,
        C_LIFT,
        C_LIST,
        C_LOCK_ACCOUNT,
        C_MODIFY,
        C_NEW_GROUP,
        C_NEW_ORDER,
        C_OPEN_ACCOUNT,
        C_PHASE,
        C_RESUME,
        C_SESSION,
        C_SET_FEES,
        C_SET_LIMITS,
        C_SET_LISTING,
        C_SUSPEND,
        C_TICK,
        C_TRANSFER,
        C_UNLOCK_ACCOUNT,
        C_WITHDRAW,
    )
    from openbell.core.state import (
        AMOUNT_WORDS,
        BUST_WORDS,
        CANCEL_ALL_WORDS,
        CANCEL_WORDS,
        CLOSE_WORDS,
        DAY_ROLL_WORDS,
        ISSUE_WORDS,
        KILL_WORDS,
        LIST_WORDS,
        MODIFY_WORDS,
        NEW_GROUP_WORDS,
        NEW_ORDER_WORDS,
        OPEN_ACCOUNT_WORDS,
        PHASE_WORDS,
        SESSION_WORDS,
        SET_FEES_WORDS,
        SET_LIMITS_WORDS,
        SET_LISTING_WORDS,
        TRANSFER_WORDS,
    )
    from openbell.core.types import i64


def body_words(kind: i64) -> i64:
    """Words of the body of a command type, or -1 if it is none that may come now."""
    if kind == C_NEW_ORDER:
        return NEW_ORDER_WORDS
    if kind == C_CANCEL:
        return CANCEL_WORDS
    if kind == C_MODIFY:
        return MODIFY_WORDS
    if kind == C_CANCEL_ALL:
        return CANCEL_ALL_WORDS
    if kind == C_NEW_GROUP:
        return NEW_GROUP_WORDS
    if kind == C_TRANSFER:
        return TRANSFER_WORDS
    if kind == C_OPEN_ACCOUNT:
        return OPEN_ACCOUNT_WORDS
    if kind == C_CLOSE_ACCOUNT:
        return CLOSE_WORDS
    if kind == C_DEPOSIT or kind == C_WITHDRAW:
        return AMOUNT_WORDS
    if kind == C_LIST:
        return LIST_WORDS
    if kind == C_ISSUE:
        return ISSUE_WORDS
    if kind == C_DAY_ROLL:
        return DAY_ROLL_WORDS
    if kind == C_PHASE:
        return PHASE_WORDS
    if kind == C_TICK or kind == C_CLOCK_JUMP or kind == C_SUSPEND or kind == C_RESUME:
        return 0
    if kind == C_LOCK_ACCOUNT or kind == C_UNLOCK_ACCOUNT:
        return 0
    if kind == C_SET_LISTING:
        return SET_LISTING_WORDS
    if kind == C_BUST:
        return BUST_WORDS
    if kind == C_SET_FEES:
        return SET_FEES_WORDS
    if kind == C_SET_LIMITS:
        return SET_LIMITS_WORDS
    if kind == C_KILL or kind == C_LIFT:
        return KILL_WORDS
    if kind == C_SESSION:
        return SESSION_WORDS
    return -1
