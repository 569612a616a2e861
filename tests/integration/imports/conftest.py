"""The public tables, and copies of them that a test may spoil."""

from __future__ import annotations

import csv
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trialsite.accounts.models import User

PUBLIC = Path(__file__).resolve().parents[2] / "data" / "public-sdtm"
IMAGED = ("01-701-1015", "01-701-1133")

Spoil = Callable[[str, Callable[[list[dict[str, str]]], Any]], None]


@pytest.fixture
def da(db: None) -> User:
    from tests import world

    return world.people()["da"]


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """Two participants with imaging and one without, as CSV files of their own."""
    kept = {*IMAGED, "01-701-1211"}
    for path in PUBLIC.glob("*.csv"):
        with path.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        write(tmp_path / path.name, [row for row in rows if row["USUBJID"] in kept])
    return tmp_path


def write(path: Path, rows: list[dict[str, str]]) -> None:
    with path.open("w", newline="") as stream:
        made = csv.DictWriter(stream, list(rows[0]))
        made.writeheader()
        made.writerows(rows)


@pytest.fixture
def spoil(tables: Path) -> Spoil:
    """Change the rows of one file in place: `spoil("tr", lambda rows: rows[0].update(TRORRES="x"))`."""

    def change(start: str, how: Callable[[list[dict[str, str]]], Any]) -> None:
        path = next(path for path in tables.glob("*.csv") if path.name.startswith(start))
        with path.open(newline="") as stream:
            rows = list(csv.DictReader(stream))
        how(rows)
        write(path, rows)

    return change


@pytest.fixture
def whole(tmp_path: Path) -> Path:
    shutil.copytree(PUBLIC, tmp_path / "whole")
    return tmp_path / "whole"
