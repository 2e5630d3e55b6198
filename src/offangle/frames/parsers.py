"""Who read the file: parser names and versions, kept with the result."""

import dataframely as dy


class ParsersTable(dy.Schema):
    """One row per parser that contributed."""

    name = dy.String(primary_key=True)
    version = dy.String()
    role = dy.String(description="What was taken from it")
