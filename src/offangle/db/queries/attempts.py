"""How often something may be tried: counted in the database, so that all web processes count together."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from django.db import transaction
from django.utils import timezone

from offangle.db.models import AttemptCounter


class Budget(NamedTuple):
    """So many attempts of one kind by or at one subject.

    Attributes:
        kind: What is tried.
        subject: A name, an address or both; only a hash is kept.
        most: Attempts in one window.
        window: Its length; it begins with the first attempt.
    """

    kind: str
    subject: str
    most: int
    window: timedelta

    @property
    def key(self) -> str:
        """Where it is counted."""
        return hashlib.sha256(f"{self.kind}\0{self.subject}".encode("utf-8", errors="surrogatepass")).hexdigest()


def spend(budgets: Iterable[Budget]) -> timedelta | None:
    """Count one attempt against each budget, before it is made.

    Returns:
        How long to wait when any of them is used up; None when the attempt may be made.
    """
    now = timezone.now()
    waits = []
    with transaction.atomic():
        # In one order everywhere, so that two attempts never wait for each other.
        for budget in sorted(budgets, key=lambda each: each.key):
            counter, _ = AttemptCounter.objects.select_for_update().get_or_create(
                key=budget.key, defaults={"began_at": now}
            )
            if now - counter.began_at >= budget.window:
                counter.began_at, counter.count = now, 0
            if counter.count >= budget.most:
                waits.append(counter.began_at + budget.window - now)
                continue
            counter.count += 1
            counter.save(update_fields=["began_at", "count"])
    return max(waits, default=None)


def forgive(budget: Budget) -> None:
    """Begin anew: the attempts turned out to be the right person's."""
    AttemptCounter.objects.filter(key=budget.key).delete()


def forget(kept_for: timedelta) -> int:
    """Delete counters whose counting began longer ago; returns how many. No window may be longer than `kept_for`."""
    return AttemptCounter.objects.filter(began_at__lt=timezone.now() - kept_for).delete()[0]
