"""A process that follows live matches until it is killed: `python -m makers.follow_victim`."""

import sys

import offangle.bootstrap.framework  # noqa: F401 -- sets Django up, which everything below rests on
from offangle.bootstrap.follow import build_follower

if __name__ == "__main__":
    build_follower().start()
    sys.stdout.write("following\n")
    sys.stdout.flush()
    sys.stdin.read()
