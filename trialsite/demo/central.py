"""How far central reading has come where it is not over: so that a data manager and readers find something to do.

The most recently operated are left at different stages. Their results are not released, so they are pending.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace

from . import participant_01_003
from .story import Nodule, Read, Story

AWAITED, TO_ALLOCATE, READING, LATE, ADJUDICATION, DECIDED, REOPENING = (
    "AWAITED", "TO_ALLOCATE", "READING", "LATE", "ADJUDICATION", "DECIDED", "REOPENING",
)  # fmt: skip
# From the most recent operation on; of a released result a reader asks to open the reading again.
STAGES = (AWAITED, TO_ALLOCATE, READING, LATE, ADJUDICATION, DECIDED)
FEWEST = 4  # resected participants: of fewer every one is read to its end


def left_open(stories: Sequence[Story]) -> list[Story]:
    """The same stories, some of them not read to the end: at most half of those that were resected, never 01-003."""
    resected = [one for one in stories if one.resection and one.number != participant_01_003.NUMBER]
    resected.sort(key=lambda one: (one.resection or dt.date.min, one.number), reverse=True)
    if len(resected) < FEWEST:
        return list(stories)
    half = (len(resected) + 2) // 2
    stages = {one.number: stage for one, stage in zip(resected[:half], STAGES, strict=False)}
    released = [one for one in resected if one.number not in stages and one.released]
    if released:
        stages[released[0].number] = REOPENING
    return [_at(story, stages.get(story.number, "")) for story in stories]


def _at(story: Story, stage: str) -> Story:
    if stage in (ADJUDICATION, DECIDED) and len(story.reads) < 2:
        stage = READING if story.reads else TO_ALLOCATE
    if stage == READING and not story.reads:
        stage = TO_ALLOCATE
    if stage in ("", REOPENING):
        return replace(story, central=stage)
    reads = story.reads
    if stage == ADJUDICATION:
        reads = (reads[0], _otherwise(reads[0], reads[1]))
    return replace(story, central=stage, reads=reads, released=None)


def _otherwise(one: Read, two: Read) -> Read:
    """The second reader finds something quite different: more than ten points apart (D-24)."""
    return replace(two, nodules=tuple(_shifted(nodule) for nodule in one.nodules))


def _shifted(nodule: Nodule) -> Nodule:
    viable = nodule.viable + 30 if nodule.viable <= 50 else nodule.viable - 30
    return replace(nodule, viable=viable, necrosis=100 - viable, stroma=0)
