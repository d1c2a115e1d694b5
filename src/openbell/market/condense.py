"""Minutes that become hours: of the exchange's own candles and of feeds', in one statement each."""

from __future__ import annotations

from collections.abc import Sequence

from openbell.market.calendar import HOUR

BIGGEST = (1 << 63) - 1  # what is more than a bigint counts as that

# Minutes before `before` become hours, and go one turn later: who just read from where they are shown can
# still read them.
FORGET_MINUTES = """
WITH old AS (SELECT minutes_from FROM market.{reader} WHERE {key} = %(whose)s),
     gone AS (DELETE FROM market.{minutes} WHERE {mine} AND start < (SELECT minutes_from FROM old)),
     made AS (
         INSERT INTO market.{hours}
         SELECT instrument, start - start %% {hour},
                (array_agg(open ORDER BY start) FILTER (WHERE open IS NOT NULL))[1], max(high), min(low),
                (array_agg(close ORDER BY start DESC) FILTER (WHERE close IS NOT NULL))[1],
                {sums}
         FROM market.{minutes}
         WHERE {mine} AND start >= (SELECT minutes_from FROM old) AND start < %(before)s
         GROUP BY 1, 2
     )
UPDATE market.{reader} SET minutes_from = greatest(minutes_from, %(before)s) WHERE {key} = %(whose)s
"""


def forget_minutes(
    minutes: str, hours: str, counts: Sequence[str], reader: str, key: str, mine: str = "true"
) -> bytes:
    """The statement that keeps minutes before `before` as hours alone; its arguments are `before`, ns UTC and
    a whole hour, and `whose`.

    Args:
        minutes, hours: the tables. counts: their columns behind the prices, which are summed.
        reader: the table whose column `minutes_from` of the row `key` = `whose` says from when minutes are
            shown.
        mine: which of the minutes are `whose`.
    """
    sums = ", ".join(f"least(sum({one}), {BIGGEST})::bigint" for one in counts)
    return FORGET_MINUTES.format(
        minutes=minutes, hours=hours, sums=sums, reader=reader, key=key, mine=mine, hour=HOUR
    ).encode()
