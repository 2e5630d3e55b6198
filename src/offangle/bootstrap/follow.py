"""Following live matches, wired: the journal's posts are read as `gsi` knows the wire form."""

from offangle.db.queries.journal import JournalPost
from offangle.flows.following.follow import LiveFollower
from offangle.gsi.wire import decode_post, observation_of
from offangle.live.observation import Observation


def read_journal_post(post: JournalPost) -> Observation:
    """What a post of the journal says.

    Raises:
        BadInputError: It is no post of a game client.
    """
    return observation_of(decode_post(post.body), sequence=post.id, received_ns=post.received_ns)


def build_follower() -> LiveFollower:
    """The follower of one process, not yet started."""
    return LiveFollower(read_journal_post)
