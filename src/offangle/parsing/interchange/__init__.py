"""Reading `cs2-demo-format` zips, an open interchange format of decoded matches (versions 2.0 and 3.x)."""

from offangle.parsing.interchange.reader import read_interchange

__all__ = ["read_interchange"]
