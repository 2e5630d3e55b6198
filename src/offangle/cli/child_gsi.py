"""The ingest process: granian serving only what takes the posts of game clients."""

import sys
from typing import Final

from offangle.cli.serving import serve

APPLICATION: Final = "offangle.asgi.gsi_app:application"


def main() -> int:
    """Serve until told to stop; returns the exit status."""
    serve(APPLICATION)
    return 0


if __name__ == "__main__":
    sys.exit(main())
