"""The web process: granian serving the ASGI application."""

import sys
from typing import Final

from offangle.cli.serving import serve

APPLICATION: Final = "offangle.asgi.app:application"


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    serve(APPLICATION)
    return 0


if __name__ == "__main__":
    sys.exit(main())
