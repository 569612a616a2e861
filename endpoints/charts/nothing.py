"""What stands in the place of a figure that nobody has data for: a chart without marks would have no size."""

from __future__ import annotations

from typing import Any

import altair as alt

from trialsite.web.charts import MID

WIDTH, HEIGHT = 540, 120


def nothing(text: str) -> Any:
    return (
        alt.Chart(alt.Data(values=[{}]))
        .mark_text(fontSize=12, color=MID, text=text)
        .encode(x=alt.value(WIDTH / 2), y=alt.value(HEIGHT / 2))
        .properties(width=WIDTH, height=HEIGHT)
    )
