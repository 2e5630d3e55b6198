"""How much Offangle takes in, and the counting that holds it."""

from dataclasses import dataclass
from typing import Final

from offangle.core.errors import LimitExceededError

MAX_PACKED_BYTES: Final = 4 * 1024**3
"""One upload as it comes. The longest professional demos are below 1 GiB; a zip holds a series of up to five."""
MAX_UNPACKED_BYTES: Final = 4 * 1024**3
"""One demo, unpacked. Demos address themselves with 32 bits."""
MAX_TOTAL_UNPACKED_BYTES: Final = 16 * 1024**3
"""All members of one zip together."""
MAX_RATIO: Final = 200
"""Unpacked to packed. Real demos shrink to a half, match zips to a tenth; bombs start at a thousand."""
RATIO_FREE_BYTES: Final = 64 * 1024**2
"""Up to here the ratio is not asked: small test files shrink a lot and do no harm."""
MAX_ZIP_MEMBERS: Final = 2048
"""Entries of one zip, folders included; a match zip has some dozens."""
MAX_ZIP_DEMOS: Final = 64
"""Demos in one zip."""

_MIB: Final = 1024**2


@dataclass(frozen=True, slots=True)
class Limits:
    """What one upload may cost. All sizes in bytes; see the constants of this file for the reasons.

    Attributes:
        packed_bytes: The upload as it comes.
        unpacked_bytes: One file, unpacked.
        total_unpacked_bytes: All files of one upload, unpacked.
        ratio: Unpacked to packed size, asked beyond `ratio_free_bytes`.
        ratio_free_bytes: Unpacked size up to which any ratio is fine.
        zip_members: Entries of a zip.
        zip_demos: Demos in a zip.
    """

    packed_bytes: int = MAX_PACKED_BYTES
    unpacked_bytes: int = MAX_UNPACKED_BYTES
    total_unpacked_bytes: int = MAX_TOTAL_UNPACKED_BYTES
    ratio: int = MAX_RATIO
    ratio_free_bytes: int = RATIO_FREE_BYTES
    zip_members: int = MAX_ZIP_MEMBERS
    zip_demos: int = MAX_ZIP_DEMOS


class Meter:
    """Counts the unpacked bytes of one upload against its limits.

    Args:
        limits: What is allowed.
    """

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._total = 0

    def start(self, packed_bytes: int) -> "FileMeter":
        """A count for the next file of the upload, which is `packed_bytes` large as packed."""
        return FileMeter(self, packed_bytes)

    def add(self, count: int) -> None:
        """Count bytes of any file.

        Raises:
            LimitExceededError: Together the files unpack to more than is read.
        """
        self._total += count
        if self._total > self.limits.total_unpacked_bytes:
            raise LimitExceededError(
                f"The files in this upload unpack to more than {self.limits.total_unpacked_bytes // _MIB} MiB together",
                hint="Upload the demos one by one.",
            )


class FileMeter:
    """Counts the unpacked bytes of one file.

    Args:
        meter: The upload's count.
        packed_bytes: The file's size as packed.
    """

    def __init__(self, meter: Meter, packed_bytes: int) -> None:
        self._meter = meter
        self._limits = meter.limits
        self._ratio_limit = max(packed_bytes * meter.limits.ratio, meter.limits.ratio_free_bytes)
        self.total = 0

    def add(self, count: int) -> None:
        """Count `count` more unpacked bytes.

        Raises:
            LimitExceededError: The file or the whole upload unpacks to more than is read.
        """
        self.total += count
        if self.total > self._limits.unpacked_bytes:
            raise LimitExceededError(
                f"The file unpacks to more than {self._limits.unpacked_bytes // _MIB} MiB",
                hint="No CS2 demo is that large; check what was packed.",
            )
        if self.total > self._ratio_limit:
            raise LimitExceededError(
                f"The file unpacks to more than {self._limits.ratio} times its size: a decompression bomb",
                hint="Real demos shrink to about a half; upload the unpacked .dem instead.",
            )
        self._meter.add(count)
