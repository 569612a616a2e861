"""The conditions of the CRF book ("C: icf_yn=Y"), read once into a small tree that server and page both evaluate.

Grammar: `or`, `and`, `not`, parentheses; `name=CODE`, `name!=CODE`, `name in A,B`, `name has CODE`, `name>number`,
`name answered` or a bare name (answered). The right side may be a code, a number, `cfg.key` or another field.
Wordings of the book that are prose are named in `PROSE`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

Node = dict[str, Any]
Lookup = Callable[[str], Any]

# Prose of the book, said in the grammar. The key is the book's wording and stays in the data dictionary.
PROSE = {
    "always": "1=1",
    "times known": "ecsttim answered and ecentim answered",
    "ecadj or ecreasoc in AE_HEM,AE_NONHEM,AE_IR": "ecadj in AE_HEM,AE_NONHEM,AE_IR or ecreasoc in AE_HEM,AE_NONHEM,AE_IR",
    "ss_event_site has any IH_": "ss_event_site has_prefix IH_",
    "any inv != calc": (
        "(ta_no>0) and (tresp_r_inv!=tresp_r_calc or ovresp_r_inv!=ovresp_r_calc"
        " or tresp_m_inv!=tresp_m_calc or ovresp_m_inv!=ovresp_m_calc)"
    ),
    "surgery done": "@surgery_done=Y",
    "surg_proccur=Y and alive": "surg_proccur=Y and (surg_dischdat answered or not @died_in_stay=Y)",
    "surg_segs answered": "surg_segs answered",
    "aestdat = any dosing date": "@dosing_day=Y",
}

TOKEN = re.compile(
    r"\s*(?:(?P<paren>[()])|(?P<op>!=|>=|<=|=|>|<)|(?P<word>@?[A-Za-z0-9_.\-]+(?:,\s*[A-Za-z0-9_.\-]+)*))"
)


class ConditionError(ValueError):
    """The book's condition cannot be read: a defect of the form's declaration, found at start."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """What the book's "Required" column says: `always`/`when` required, shown when."""

    text: str
    optional: bool
    when: Node | None  # shown only when true; None: always shown

    @classmethod
    def read(cls, text: str) -> Requirement:
        if text == "R":
            return cls(text, False, None)
        if text == "O":
            return cls(text, True, None)
        head, _, expression = text.partition(":")
        if head not in ("C", "CO") or not expression:
            raise ConditionError(f"not a requirement: {text!r}")
        return cls(text, head == "CO", parse(expression.strip()))


def parse(text: str) -> Node:
    """The tree of a condition; raises `ConditionError` naming the text."""
    text = PROSE.get(text, text)
    tokens, at = [], 0
    while at < len(text.rstrip()):
        found = TOKEN.match(text, at)
        if found is None:
            raise ConditionError(f"cannot read {text!r} at {at}")
        tokens.append(found.group().strip())
        at = found.end()
    reader = _Reader(tokens, text)
    tree = reader.either()
    if reader.rest:
        raise ConditionError(f"cannot read {text!r} from {reader.rest[0]!r}")
    return tree


class _Reader:
    def __init__(self, tokens: list[str], text: str) -> None:
        self.rest, self.text = tokens, text

    def either(self) -> Node:
        parts = [self.both()]
        while self.next_is("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else {"op": "or", "of": parts}

    def both(self) -> Node:
        parts = [self.one()]
        while self.next_is("and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else {"op": "and", "of": parts}

    def one(self) -> Node:
        if self.next_is("not"):
            return {"op": "not", "of": [self.one()]}
        if self.next_is("("):
            inside = self.either()
            if not self.next_is(")"):
                raise ConditionError(f"missing ) in {self.text!r}")
            return inside
        return self.comparison()

    def comparison(self) -> Node:
        if not self.rest:
            raise ConditionError(f"unfinished: {self.text!r}")
        name = self.rest.pop(0)
        if name == "baseline":  # the same lesion at the baseline assessment
            name = "@baseline_" + self.rest.pop(0)
        if not self.rest or self.rest[0] in ("and", "or", ")"):
            return {"op": "answered", "field": name}
        op = self.rest.pop(0)
        if op == "answered":
            return {"op": "answered", "field": name}
        value = self.rest.pop(0)
        if op == "in":
            return {"op": "in", "field": name, "values": [part.strip() for part in value.split(",")]}
        if op in ("has", "has_prefix"):
            return {"op": op, "field": name, "value": value}
        kinds = {"=": "eq", "!=": "ne", ">": "gt", "<": "lt", ">=": "ge", "<=": "le"}
        if op not in kinds:
            raise ConditionError(f"unknown operator {op!r} in {self.text!r}")
        if name.isdigit():
            return {"op": "const", "value": name == value}
        right = "ref" if re.match(r"cfg\.|[a-z]+_[a-z_0-9]*$", value) else "value"
        return {"op": kinds[op], "field": name, right: value}

    def next_is(self, word: str) -> bool:
        if self.rest and self.rest[0] == word:
            self.rest.pop(0)
            return True
        return False


def names(tree: Node | None) -> set[str]:
    """Every field, setting and context name that a condition reads."""
    if tree is None:
        return set()
    found = {tree[key] for key in ("field", "ref") if key in tree}
    for part in tree.get("of", ()):
        found |= names(part)
    return found


def holds(tree: Node | None, lookup: Lookup) -> bool:
    """Whether a condition is true; an unanswered field makes any comparison false (and `!=` on it false)."""
    if tree is None:
        return True
    op = tree["op"]
    if op == "and":
        return all(holds(part, lookup) for part in tree["of"])
    if op == "or":
        return any(holds(part, lookup) for part in tree["of"])
    if op == "not":
        return not holds(tree["of"][0], lookup)
    if op == "const":
        return bool(tree["value"])
    value = lookup(tree["field"])
    if value is None or value == "" or value == ():
        return False
    if op == "answered":
        return True
    if op == "in":
        return any(item in tree["values"] for item in _items(value))
    if op == "has":
        return tree["value"] in _items(value)
    if op == "has_prefix":
        return any(item.startswith(tree["value"]) for item in _items(value))
    other = lookup(tree["ref"]) if "ref" in tree else tree["value"]
    return _compare(op, value, other)


def _items(value: Any) -> Iterable[str]:
    return value if isinstance(value, tuple) else (str(value),)


def _compare(op: str, value: Any, other: Any) -> bool:
    if other is None:
        return False
    if op in ("eq", "ne"):
        same = tuple(_items(value)) == (str(other),) if isinstance(value, tuple) else str(value) == str(other)
        if isinstance(value, tuple) and op == "ne":
            same = str(other) in value
        if not same and not isinstance(value, str | tuple):
            same = _number(value) is not None and _number(value) == _number(other)
        return same if op == "eq" else not same
    try:
        left, right = Decimal(str(value)), Decimal(str(other))
    except InvalidOperation:
        return False
    return {"gt": left > right, "lt": left < right, "ge": left >= right, "le": left <= right}[op]


def _number(value: Any) -> Decimal | None:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None


def specialised(tree: Node, on_page: set[str], lookup: Lookup) -> Node:
    """The tree for the browser: what is not on the page becomes a constant."""
    if "of" in tree:
        return {**tree, "of": [specialised(part, on_page, lookup) for part in tree["of"]]}
    if tree["op"] != "const" and tree["field"] not in on_page:
        return {"op": "const", "value": holds(tree, lookup)}
    if "ref" in tree and tree["ref"] not in on_page:
        other = lookup(tree["ref"])
        return {"op": tree["op"], "field": tree["field"], "value": "" if other is None else str(other)}
    return tree
