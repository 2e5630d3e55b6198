"""What an adapter took otherwise than the source states it, so that nothing is corrected in silence."""

import dataframely as dy

from offangle.core.terms import CORRECTION_REASONS


class CorrectionsTable(dy.Schema):
    """One row per value, or per kind of value, that differs from the source's own; Checks tell of each."""

    number = dy.UInt32(primary_key=True, description="Position, from 0")
    reason = dy.Enum(CORRECTION_REASONS)
    table = dy.String(description="The table that holds the value")
    column = dy.String()
    round_number = dy.Int16(description="The counted round, or 0 for several or none")
    rows = dy.Int32(min=1, description="Rows that were changed so")
    stated = dy.String(nullable=True, description="The source's value; null where rows differ")
    taken = dy.String(nullable=True, description="The value here; null where it is unknown, or where rows differ")
