"""Tables: one file per table, with columns, types, units, key and rules."""
