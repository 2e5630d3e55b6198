"""Use cases: a folder per flow; flows meet through stored state and kinds of job."""
