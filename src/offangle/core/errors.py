"""The errors Offangle raises on purpose.

One base, and a subclass only where a caller acts differently. A message says what happened, where, and what to do.
`permanent` is the one bit that decides whether a job is tried again.
"""


class OffangleError(Exception):
    """Something that Offangle foresaw went wrong.

    Attributes:
        permanent: True when trying the same thing again cannot help.
        hint: What the person reading this should do, in one sentence; may be empty.
    """

    permanent: bool = True

    def __init__(self, message: str, *, hint: str = "", permanent: bool | None = None) -> None:
        super().__init__(message)
        self.hint = hint
        if permanent is not None:
            self.permanent = permanent

    @property
    def message(self) -> str:
        """What happened, without the hint."""
        return str(self.args[0])


class BadInputError(OffangleError):
    """What was given cannot be read: a broken file, a wrong value, an unknown format."""


class LimitExceededError(BadInputError):
    """What was given is larger, longer or deeper than Offangle reads."""


class ContractError(OffangleError):
    """A table does not keep what its declaration says: a fault of Offangle's own adapter."""


class NotFoundError(OffangleError):
    """The thing named does not exist, or this person may not know that it does."""


class NotAllowedError(OffangleError):
    """This person may see the thing but not change it."""


class TransientError(OffangleError):
    """Something outside did not answer now and may answer later."""

    permanent = False


class ParserCrashError(OffangleError):
    """The parser died, hung or ran out of memory on this file; the file is kept for a newer parser."""


class SettingsError(OffangleError):
    """A setting is missing or makes no sense."""
