"""Severe adverse events of a story, drawn by a lot of their own: adding them moved nothing else of the demonstration."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from .story import DAY, Story, Toxicity

# None that the clinic notes for other reasons (they would overlap), none that needs a laboratory value.
# Term, grade, causality per drug (oxaliplatin, levofolinate, fluorouracil, camrelizumab, apatinib), may be serious.
KINDS = (
    ("Hypertension", 3, "UUUUD", False),
    ("Diarrhea", 3, "SUPUS", True),
    ("Anorexia", 3, "SUSSS", False),
    ("Mucositis oral", 3, "UUPUS", False),
    ("Vomiting", 3, "PUPUU", True),
    ("Upper gastrointestinal hemorrhage", 4, "UUUUS", True),
    ("Abdominal pain", 3, "UUUUU", True),
    ("Fever", 2, "UUUPU", True),
)
IN_A_CYCLE = 0.11  # about a third of the participants have one in four cycles


def suffered(seed: str, story: Story) -> Story:
    """The story with what happened in its neoadjuvant cycles; each event is over before the next cycle."""
    rng = Random(f"{seed}/{story.number}/toxicity")  # noqa: S311 – invented people, not secrets
    found = []
    for cycle in story.cycles:
        if cycle.phase != "NEO" or rng.random() >= IN_A_CYCLE:
            continue
        term, grade, related, may = rng.choice(KINDS)
        start = cycle.last + rng.randint(1, 3) * DAY
        end = start + rng.randint(2, 7) * DAY
        serious = may and rng.random() < 0.6
        if story.death is None or end < story.death.day:
            found.append(Toxicity(term, grade, start, end, related, serious))
    return replace(story, toxicities=tuple(found))
