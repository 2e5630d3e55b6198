"""A page's source as a browser takes it: lines and indentation are no more than a space."""

import re
from typing import Any


def source_of(response: Any) -> str:
    return re.sub(r"\s+", " ", bytes(getattr(response, "content", b"")).decode())
