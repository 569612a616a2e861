"""Edit checks (crf-book 3.C Hepatitis: CK-056 to CK-063)."""

from __future__ import annotations

from collections.abc import Iterator

from .engine import Hit, Look, check


@check("CK-059", on="HEP")
def ck_059_antigen_and_antibody(look: Look) -> Iterator[Hit]:
    if look.get("hbsag") == "POS" and look.get("hbsab") == "POS":
        yield look.hit("hbsab")
