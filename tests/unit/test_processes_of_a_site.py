"""A process that ended by itself starts again without the notes that may have ended it."""

from __future__ import annotations

from pathlib import Path

from trialsite.management.processes import Child, children


def test_the_notes_of_a_process_are_dropped_before_its_next_start(tmp_path: Path) -> None:
    for name in ("beat-schedule", "beat-schedule.db", "secret-key"):
        (tmp_path / name).write_bytes(b"\x00half")
    child = Child("beat", ["true"], tmp_path / "beat.log", notes=(f"{tmp_path}/beat-schedule*",))
    child.forget()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret-key"]
    child.forget()  # nothing left to drop


def test_beat_knows_its_notes(settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    [beat] = [child for child in children("127.0.0.1", 8000, tmp_path, 1) if child.name == "beat"]
    assert beat.notes == (f"{settings.CELERY_BEAT_SCHEDULE_FILENAME}*",)
