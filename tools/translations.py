"""The Chinese catalogue: compile it, bring it up to date, or check that it is complete.

translations.py compile | update | check
"""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
from trialsite.management.catalogues import LOCALE, compile_catalogues  # noqa: E402

CATALOGUE = LOCALE / "zh_Hans" / "LC_MESSAGES" / "django.po"


SOURCES = ("trialsite", "participants", "crf", "pathology", "endpoints", "templates")
MARKS = {"_", "N_", "L", "gettext", "ngettext", "pgettext", "npgettext"}


def in_f_strings(source: str) -> list[str]:
    """Marked sentences inside f-strings, as plain calls: xgettext does not look there."""
    texts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)]
    return [
        ast.unparse(call)
        for text in texts
        for call in ast.walk(text)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in MARKS
    ]


def show_sources(into: Path) -> None:
    """Copies, which Django takes for the project: it writes beside what it reads, and several checks may run at once."""
    for name in SOURCES:
        for path in sorted((ROOT / name).rglob("*")):
            if path.suffix not in (".py", ".html", ".txt") or "migrations" in path.parts:
                continue
            text = path.read_text()
            if path.suffix == ".py" and (found := in_f_strings(text)):
                text = "\n    ".join([f"{text}\nif False:", *found])
            copy = into / path.relative_to(ROOT)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_text(text)
    (into / "trialsite" / "study_toml.py").write_text(
        "\n".join(f"gettext_noop({reason!r})" for reason in study_reasons())
    )


def study_reasons() -> list[str]:
    """The reasons of the study's settings, which the report prints; `{% translate %}` asks for them with %% for %."""
    parts = tomllib.loads((ROOT / "trialsite" / "study.toml").read_text())
    return [
        entry["reason"].replace("%", "%%")
        for part in ("locked", "configurable", "statistics", "engine")
        for entry in parts[part].values()
    ]


def extract(into: Path) -> Path:
    """Write a catalogue of every sentence in the sources, translated as far as `CATALOGUE` is."""
    made = into / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    made.parent.mkdir(parents=True)
    if CATALOGUE.exists():
        shutil.copy(CATALOGUE, made)
    show_sources(into)
    command = [
        sys.executable, "-m", "django", "makemessages", "--locale=zh_Hans", "--no-wrap", "--no-obsolete",
        "--add-location=file", "--verbosity=0",
    ]  # fmt: skip
    env = os.environ | {"PYTHONPATH": str(ROOT), "DJANGO_SETTINGS_MODULE": "trialsite.settings"}
    subprocess.run(command, cwd=into, env=env, check=True)
    return made


def update() -> int:
    with tempfile.TemporaryDirectory() as folder:
        made = extract(Path(folder))
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(made, CATALOGUE)
    compile_catalogues()
    subprocess.run(["msgfmt", "--statistics", "-o", os.devnull, CATALOGUE], check=True)
    return 0


def check() -> int:
    """Every sentence of the sources is in the catalogue and translated."""
    with tempfile.TemporaryDirectory() as folder:
        made = extract(Path(folder))
        if not CATALOGUE.exists():
            print(f"{CATALOGUE.relative_to(ROOT)} is missing: make messages")
            return 1
        found = subprocess.run(["msgcmp", CATALOGUE, made], capture_output=True, text=True)
        formats = subprocess.run(
            ["msgfmt", "--check-format", "-o", os.devnull, CATALOGUE], capture_output=True, text=True
        )
    for text in (found.stderr, formats.stderr):
        print(text.replace(folder, "…"), end="")
    if found.returncode:
        print("Bring the catalogue up to date with `make messages`, then translate what is empty or fuzzy.")
    return found.returncode or formats.returncode


if __name__ == "__main__":
    act = sys.argv[1] if len(sys.argv) > 1 else ""
    if act == "compile":
        compile_catalogues()
    elif act == "update":
        sys.exit(update())
    elif act == "check":
        sys.exit(check())
    else:
        sys.exit(__doc__)
