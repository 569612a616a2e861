#!/usr/bin/env python3
"""Verifies a certified copy: python verify_copy.py copy.zip

One file, Python's standard library alone. It takes the archive, or the folder that it was unpacked into, and names the
first thing that is not as it was certified: a file whose content does not give its SHA-256, a file that is missing or
was added, an event of the audit trail that was changed, left out or moved. The trail is verified by verify_trail.py,
which must lie beside this file: take both from a copy that you trust, or from the system. Nothing in the archive is run.
Exit status 0: everything fits; 1: something does not; 2: this is no certified copy.

  --all             name everything that is wrong, not only the first
  --digest SHA256   the digest of the archive as the system printed it: without it somebody who writes the whole
                    archive anew, with new digests, is found only by the heads of the chains that reports printed
"""

import argparse
import hashlib
import importlib.util
import io
import json
import os
import sys
import zipfile

SUMS, MANIFEST, TRAIL = "SHA256SUMS", "manifest.json", "verify_trail.py"
PIECE = 1 << 20


class NoCopy(Exception):
    """This is no certified copy."""


class Archive:
    """The zip file."""

    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)
        self.names = [info.filename for info in self.zip.infolist()]

    def open(self, name):
        return self.zip.open(name)


class Folder:
    """The same, unpacked."""

    def __init__(self, path):
        self.path = path
        self.names = sorted(
            os.path.relpath(os.path.join(place, name), path).replace(os.sep, "/")
            for place, _folders, names in os.walk(path)
            for name in names
        )

    def open(self, name):
        return open(os.path.join(self.path, *name.split("/")), "rb")


def digest_of(stream):
    made = hashlib.sha256()
    for piece in iter(lambda: stream.read(PIECE), b""):
        made.update(piece)
    return made.hexdigest()


def read(copy, name):
    with copy.open(name) as stream:
        return stream.read()


def sums_of(copy):
    """Digest by name, from the list."""
    if SUMS not in copy.names or MANIFEST not in copy.names:
        raise NoCopy(f"there is no {SUMS} or no {MANIFEST} in it")
    found = {}
    for line in read(copy, SUMS).decode().splitlines():
        digest, _, name = line.partition("  ")
        if len(digest) != 64 or not name:
            raise NoCopy(f"{SUMS} cannot be read")
        found[name] = digest
    return found


def wrong_files(copy, sums):
    """What differs from the list of digests."""
    for name in sorted({name for name in copy.names if copy.names.count(name) > 1}):
        yield name, "it is in the archive more than once"
    for name in sorted(sums):
        if name not in copy.names:
            yield name, "it is missing"
            continue
        try:
            with copy.open(name) as stream:
                made = digest_of(stream)
        except Exception as error:  # a damaged archive says so in many ways
            yield name, f"it cannot be read: {error}"
            continue
        if made != sums[name]:
            yield name, "its content does not give its SHA-256"
    for name in copy.names:
        if name not in sums and name != SUMS and not name.endswith("/"):
            yield name, "it was added: the list of digests does not know it"


def wrong_manifest(manifest, sums):
    """What the manifest and the list of digests say of each other."""
    told = {one["path"]: one["sha256"] for one in manifest["files"]}
    for name in sorted({*told, *sums} - {MANIFEST}):
        if told.get(name) != sums.get(name):
            yield name, f"{MANIFEST} and {SUMS} do not say the same of it"


def beside():
    """verify_trail.py, from the folder of this file."""
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), TRAIL)
    if not os.path.exists(path):
        raise NoCopy(f"{TRAIL} is not beside this file")
    spec = importlib.util.spec_from_file_location("verify_trail", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wrong_trail(copy, manifest):
    """What the verifier of the trail finds, and whether the heads are those of the manifest."""
    verifier = beside()
    heads = [[one["chain"], one["length"], one["head"]] for one in manifest["chains"]]
    made = json.dumps(sorted(heads), ensure_ascii=False, separators=(",", ":")).encode()
    if hashlib.sha256(made).hexdigest() != manifest["heads_digest"]:
        yield MANIFEST, "the heads of its chains do not give its digest over them"
    events = withheld = 0
    for one in manifest["chains"]:
        name, trail = one["file"], verifier.Trail([])
        try:
            with copy.open(name) as stream:
                for where, message in verifier.problems(io.TextIOWrapper(stream, encoding="utf-8"), trail):
                    yield f"{name}: {where}", message
        except (verifier.Unreadable, KeyError, OSError, UnicodeDecodeError) as error:
            yield name, f"it cannot be read: {error}"
            continue
        if trail.heads != {one["chain"]: (one["length"], one["head"])}:
            yield name, f"its head is not the one that {MANIFEST} names"
        events, withheld = events + trail.events, withheld + trail.withheld
    if events != manifest["events"]:
        yield MANIFEST, "it says {} events; there are {}".format(manifest["events"], events)
    manifest["withheld"] = withheld


def wrong(path, digest=""):
    """Everything that is wrong, in the order in which it is looked at; then the manifest."""
    if digest and not os.path.isdir(path):
        with open(path, "rb") as stream:
            if digest_of(stream) != digest.lower():
                yield os.path.basename(path), "it is not the archive whose SHA-256 was printed"
    copy = Folder(path) if os.path.isdir(path) else Archive(path)
    sums = sums_of(copy)
    found = False
    for one in wrong_files(copy, sums):
        found = True
        yield one
    if found:
        return  # what was changed says nothing more
    manifest = json.loads(read(copy, MANIFEST).decode())
    yield from wrong_manifest(manifest, sums)
    yield from wrong_trail(copy, manifest)
    yield "", manifest


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description="Verifies a certified copy.",
        epilog="Exit status 1: something is not as it was certified.",
    )
    parser.add_argument("copy", help="the archive, or the folder that it was unpacked into")
    parser.add_argument("--all", action="store_true", help="name everything that is wrong")
    parser.add_argument("--digest", default="", help="the SHA-256 of the archive that the system printed")
    asked = parser.parse_args(arguments)
    found, manifest = 0, None
    try:
        for where, message in wrong(asked.copy, asked.digest):
            if not where:
                manifest = message
                continue
            found += 1
            sys.stdout.write(f"WRONG  {where}: {message}\n")
            if not asked.all:
                return 1
    except (NoCopy, OSError, zipfile.BadZipFile, ValueError, KeyError) as error:
        sys.stderr.write(f"{asked.copy} is no certified copy that can be read: {error}\n")
        return 2
    if found:
        return 1
    certified = manifest["certified"]
    hidden = f" ({manifest['withheld']} withheld)" if manifest["withheld"] else ""
    sys.stdout.write(
        "Verified: {} files, {} chains with {} events{}\n{}, certified by {} on {}\n".format(
            len(manifest["files"]), len(manifest["chains"]), manifest["events"], hidden, manifest["scope"],
            certified["printed_name"], certified["at"],
        )
    )  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
