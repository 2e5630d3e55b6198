"""The first child: brings the data up to date and answers with one line of JSON.

`{"sign_in_url": …}` when all is well, `{"error": …, "hint": …}` and status 1 when not.
"""

import json
import sys

from django.db import DatabaseError

from offangle.bootstrap.database import prepare_database
from offangle.config.settings import load_settings
from offangle.core.errors import OffangleError
from offangle.flows.people.sign_in import create_owner, make_sign_in_link, sign_in_url


def main() -> int:
    """Prepare, and answer; returns the exit status."""
    try:
        settings = load_settings()
        prepare_database(settings)
        answer = {"sign_in_url": sign_in_url(settings.base_url, make_sign_in_link(create_owner()))}
    except OffangleError as error:
        return _answer({"error": error.message, "hint": error.hint}, 1)
    except DatabaseError as error:
        hint = "Check OFFANGLE_DATABASE_URL and that its server runs, or the data folder's permissions."
        return _answer({"error": f"the database cannot be used: {str(error).strip()}", "hint": hint}, 1)
    return _answer(answer, 0)


def _answer(answer: dict[str, str], status: int) -> int:
    sys.stdout.write(json.dumps(answer) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())
