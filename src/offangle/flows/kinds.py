"""The kinds of job: adding one is a `kind.py` in its flow's folder and a line here."""

from typing import Final

from offangle.flows.kind import Kind
from offangle.flows.recorded.kind import RECORDED
from offangle.flows.samples.kind import SAMPLE
from offangle.flows.summaries.kind import SUMMARY

KINDS: Final[tuple[Kind, ...]] = (RECORDED, SAMPLE, SUMMARY)
