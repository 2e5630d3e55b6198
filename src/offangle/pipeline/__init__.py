"""Use cases: acquire, parse, analyse, report, notify."""
