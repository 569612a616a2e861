#!/usr/bin/env python3
"""Verifies an exported audit trail: python verify_trail.py trail.jsonl

One file, Python's standard library alone; it needs neither the system that wrote the trail nor its database.

It reads the JSON lines of the audit explorer's export and names the first row that is not as it was written: a changed
value, a missing event (also at the end of a chain that the file holds whole), an order or a time that was altered.
Exit status 0: everything fits; 1: something does not; 2: the file cannot be read.

  --all                       name every such row, not only the first
  --digest DIGEST             the digest over the heads that a report printed (for a file that was exported then)
  --expect CHAIN:NUMBER:HEAD  the head of a chain that a report or casebook printed, at that number of events

How a digest is made: SHA-256 over the UTF-8 of a JSON list, written without spaces and without escaping beyond what JSON
asks, of: chain, number, time (UTC, microseconds), name of the user, role, site, action, object, path, old value, new
value, reason, digest of the event before (empty for the first).

Of single central readings whose case has no result yet the export holds digests without content: their place in the
chain is verified, their content is not, and the last line says how many they are.
"""

import argparse
import hashlib
import json
import sys
from datetime import datetime

COLUMNS = (
    "chain", "number", "at", "actor_name", "role", "site", "action", "target", "path", "old", "new", "reason", "previous",
)  # fmt: skip
HEX = set("0123456789abcdef")


class Unreadable(Exception):
    """This is no exported trail."""


def dumped(content):
    return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()


def digest_of(event):
    return hashlib.sha256(dumped([event[name] for name in COLUMNS])).hexdigest()


def moment(text):
    return datetime.fromisoformat(text)


class Chain:
    """Where a chain has been read to."""

    def __init__(self):
        self.number, self.digest, self.at, self.events = 0, "", None, 0


class Trail:
    """The file read so far."""

    def __init__(self, expected):
        self.heads, self.chains, self.expected = {}, {}, dict(expected)
        self.events = self.withheld = 0
        self.filtered, self.ended = {}, None

    def line(self, row, place):
        """What is wrong with a line of the file."""
        if "trail" in row:
            self.filtered = row.get("filter") or {}
            self.promised = row.get("chains", 0)
            self.heads_digest = row.get("heads_digest", "")
            return
        if "length" in row:
            self.heads[row["chain"]] = (row["length"], row["head"])
            return
        if "end" in row:
            self.ended = row["end"]
            return
        if "number" not in row or "digest" not in row:
            raise Unreadable(f"line {place} is no event of a trail")
        yield from self.event(row)

    def event(self, row):
        self.events += 1
        name, number = row["chain"], row["number"]
        chain = self.chains.setdefault(name, Chain())
        where = "{} #{} {}".format(name, number, row.get("target", ""))
        if row.get("path"):
            where += "/" + row["path"]
        follows = number == chain.number + 1
        if number <= chain.number:
            yield where, f"it is out of order: #{chain.number} came before it"
        elif not follows and (name in self.heads):
            yield where, f"#{span(chain.number + 1, number - 1)} before it is missing"
        if follows and row.get("previous") != chain.digest:
            yield where, "it does not continue the event before it"
        at = moment(row["at"])
        if chain.at is not None and at < chain.at:
            yield (
                where,
                "its time {} is before that of an earlier event ({})".format(row["at"], chain.at.isoformat()),
            )
        if row.get("withheld"):
            self.withheld += 1
            if len(row["digest"]) != 64 or set(row["digest"]) - HEX:
                yield where, "its digest is none"
        elif any(name not in row for name in COLUMNS):
            yield where, "a column is missing"
        elif digest_of(row) != row["digest"]:
            yield where, "it is not what was written: its content does not give its digest"
        printed = self.expected.pop((name, number), None)
        if printed is not None and not row["digest"].startswith(printed):
            yield where, f"it is not the event whose digest was printed ({printed})"
        chain.number, chain.digest, chain.events = number, row["digest"], chain.events + 1
        chain.at = at if chain.at is None else max(chain.at, at)

    def end(self, digest):
        """What is wrong with the file as a whole."""
        if self.ended is None:
            yield "the file", "its last line is missing: it is cut off"
        elif self.ended != self.events:
            yield "the file", f"its last line says {self.ended} events; there are {self.events}"
        if len(self.heads) != getattr(self, "promised", 0):
            yield (
                "the file",
                f"its first line says {self.promised} whole chains; there are {len(self.heads)}",
            )
        made = hashlib.sha256(dumped([[name, *self.heads[name]] for name in sorted(self.heads)])).hexdigest()
        if self.heads and made != self.heads_digest:
            yield "the file", "the heads of its chains do not give the digest of its first line"
        if digest and made != digest.lower():
            yield "the file", "the heads of its chains do not give the digest that was printed"
        for name, (length, head) in self.heads.items():
            chain = self.chains.get(name, Chain())
            if chain.number < length:
                missing = span(chain.number + 1, length)
                yield name, f"#{missing} at its end is missing: the chain has {length} events"
            elif (chain.number, chain.digest) != (length, head):
                yield (
                    name,
                    f"it ends in #{chain.number} {chain.digest[:12]}, its head is #{length} {head[:12]}",
                )
        for (name, number), printed in self.expected.items():
            yield (
                f"{name} #{number}",
                f"the event whose digest was printed ({printed}) is not in the file",
            )


def span(first, last):
    return str(first) if first == last else f"{first} to #{last}"


def read(stream):
    for place, line in enumerate(stream, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError:
            raise Unreadable(f"line {place} is no JSON") from None
        if not isinstance(row, dict) or (place == 1 and "trail" not in row):
            raise Unreadable(f"this is no exported trail: line {place}")
        yield place, row


def problems(stream, trail, digest=""):
    """Everything that is wrong, in the order of the file: (row, sentence)."""
    for place, row in read(stream):
        try:
            yield from trail.line(row, place)
        except (KeyError, TypeError, ValueError) as error:
            raise Unreadable(f"line {place} cannot be read: {error}") from None
    if not hasattr(trail, "promised"):
        raise Unreadable("the file is empty")
    yield from trail.end(digest)


def printed(text):
    chain, number, head = text.rsplit(":", 2)
    return (chain, int(number)), head.lower()


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="Verifies an exported audit trail.",
        epilog="Exit status 1: something is not as it was written.",
    )
    parser.add_argument("file", help="the JSON lines of the export; - for standard input")
    parser.add_argument("--all", action="store_true", help="name every wrong row")
    parser.add_argument("--digest", default="", help="the digest over the heads that a report printed")
    parser.add_argument(
        "--expect", action="append", default=[], type=printed, metavar="CHAIN:NUMBER:HEAD",
        help="the head of a chain that was printed",
    )  # fmt: skip
    asked = parser.parse_args(arguments)
    trail, found = Trail(asked.expect), 0
    try:
        with sys.stdin if asked.file == "-" else open(asked.file, encoding="utf-8") as stream:
            for where, message in problems(stream, trail, asked.digest):
                found += 1
                sys.stdout.write(f"WRONG  {where}: {message}\n")
                if not asked.all:
                    return 1
    except (Unreadable, OSError, UnicodeDecodeError) as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if found:
        return 1
    whole = f"{len(trail.heads)} whole chains" if trail.heads else "single events of a filter, no whole chain"
    hidden = f", {trail.withheld} of them withheld (place verified, content not)" if trail.withheld else ""
    sys.stdout.write(f"Verified: {trail.events} events{hidden}; {whole}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
