"""Peaking of emissions (碳达峰): the inventory of a period's last year against that of the period before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from optimizer.results.audit.lines import Line, Sum

if TYPE_CHECKING:
    import numpy as np

    from optimizer.results.audit.flows import Kinds
    from optimizer.results.audit.lines import Books
    from optimizer.results.audit.tables import Quota


def peak(books: Books, row: Quota) -> list[Line]:
    """碳达峰: after the year of the quota no period ends with a higher inventory than the one before.

    With a share, it ends lower by that share as well.
    """
    periods = range(row.period + 1, len(books.settings.periods))
    falls = (0.0, row.value) if row.value > 0 else (0.0,)
    return [_line(books, row, period, fall) for period in periods for fall in falls]


def _line(books: Books, row: Quota, period: int, fall: float) -> Line:
    """Compare the last year of a period with that of the one before, what no decision changes on the right."""
    account, kept = books.account, 1.0 - fall

    def weight(moves: Kinds) -> np.ndarray:
        now, before = (account.annual_per_hectare(moves, one) for one in (period, period - 1))
        return now - kept * before

    room = kept * account.annual_constant(row.region, period - 1) - account.annual_constant(row.region, period)
    supply = ((period, 1.0), (period - 1, -kept))
    name, part, words = (f"{row.rule}.by_share", "cap", f", falling by {fall:g}") if fall else (row.rule, "", "")
    more = f"beyond what no decision changes{words}"
    return Line(name, row, period, "<=", room, "tCO2e/yr", (Sum(weight),), supply=supply, part=part, more=more)
