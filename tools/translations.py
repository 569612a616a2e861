"""The Chinese catalogue: compile it, bring it up to date, or check that it is complete.

translations.py compile | update | check
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LOCALE = ROOT / "locale"
CATALOGUE = LOCALE / "zh_Hans" / "LC_MESSAGES" / "django.po"


def compile_catalogues() -> None:
    """*.po to *.mo where it is older; a reader never sees a half-written file."""
    for po in LOCALE.glob("*/LC_MESSAGES/*.po"):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime < po.stat().st_mtime:
            made = mo.with_suffix(f".mo.{os.getpid()}")
            subprocess.run(["msgfmt", "--check-format", "-o", made, po], check=True)
            made.replace(mo)


def extract(into: Path) -> Path:
    """Write a catalogue of every sentence in the sources, translated as far as `CATALOGUE` is."""
    made = into / "zh_Hans" / "LC_MESSAGES" / "django.po"
    made.parent.mkdir(parents=True)
    if CATALOGUE.exists():
        shutil.copy(CATALOGUE, made)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "trialsite.settings")
    sys.path.insert(0, str(ROOT))
    os.chdir(ROOT)
    import django
    from django.conf import settings
    from django.core.management import call_command

    django.setup()
    settings.LOCALE_PATHS = [str(into)]
    call_command(
        "makemessages",
        locale=["zh_Hans"],
        ignore_patterns=["var", "tests", "tools", "static", "docs"],
        no_wrap=True,
        no_obsolete=True,
        add_location="file",
        verbosity=0,
    )
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
