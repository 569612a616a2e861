"""Who takes part: numbers, sites and days of consent, and each one's story. The same seed and day give the same trial."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from random import Random

from . import participant_01_003
from .central import left_open
from .courses import course
from .story import DAY, Story
from .toxicity import suffered

BEGIN = dt.date(2024, 2, 5)
SITES = (("01", 0.45), ("02", 0.33), ("03", 0.22))
YOUNGEST = 2  # days ago: the latest consent


def stories(participants: int, seed: int, today: dt.date) -> Iterator[Story]:
    """Every participant's course up to today, site by site, in the order of consent; some still read centrally."""
    yield from left_open(list(_stories(participants, seed, today)))


def _stories(participants: int, seed: int, today: dt.date) -> Iterator[Story]:
    rng = Random(f"{seed}/{participants}")  # noqa: S311 – invented people, not secrets
    begin = min(BEGIN, today - 900 * DAY)
    begin = max(begin, dt.date(2024, 1, 15))
    span = max((today - begin).days - YOUNGEST, 1)
    told = today >= participant_01_003.LAST_DAY
    for site, count in _shares(participants):
        # More recruitment later on: sites open one after the other, and learn.
        days = sorted(begin + int(span * rng.random() ** 0.8) * DAY for _ in range(count))
        for n, consent in enumerate(days, 1):
            number = f"{site}-{n:03}"
            if number == participant_01_003.NUMBER and told:
                story = participant_01_003.story()
            else:
                story = suffered(str(seed), course(str(seed), number, site, _early(number, consent, told)))
            yield story.until(today)


def _early(number: str, consent: dt.date, told: bool) -> dt.date:
    """Those who came before 01-003 consented before."""
    if told and number in ("01-001", "01-002"):
        return BEGIN + int(number[-1]) * 9 * DAY
    return consent


def _shares(participants: int) -> list[tuple[str, int]]:
    counts = [int(participants * share) for _site, share in SITES]
    counts[0] += participants - sum(counts)
    return [(site, count) for (site, _share), count in zip(SITES, counts, strict=True)]
