"""Whether a file is still wanted: a deletion may overtake the job that works on it."""

from collections.abc import Iterator
from contextlib import contextmanager

from offangle.core.errors import NotFoundError
from offangle.db.models import Demo
from offangle.flows.recorded.identity import match_id_of, parsed_prefix
from offangle.flows.services import services
from offangle.storage.tables import delete_match


class DeletedError(NotFoundError):
    """The file was deleted while its job ran; what the job had written is gone again."""


def wanted(sha256: str) -> Demo:
    """The row of a file that is not being deleted.

    Raises:
        DeletedError: It is.
    """
    demo = Demo.objects.filter(pk=sha256).exclude(state=Demo.State.DELETING).first()
    if demo is None:
        raise DeletedError("the file was deleted while it was worked on")
    return demo


@contextmanager
def writing_for(sha256: str) -> Iterator[Demo]:
    """Write objects of a file inside the block; if it was deleted meanwhile they are removed again.

    A deletion removes what is there when it runs. What is written after that is written under a file that this block
    finds missing at its end.

    Raises:
        DeletedError: The file was deleted before or during the block.
    """
    yield wanted(sha256)
    try:
        wanted(sha256)
    except DeletedError:
        delete_match(services().store, str(match_id_of(sha256)))
        services().store.delete_prefix(parsed_prefix(sha256))
        raise
