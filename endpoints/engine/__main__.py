"""The engine from the command line: python -m endpoints.engine OPERATION < cases.json > results.json"""

from __future__ import annotations

import json
import sys

from endpoints.engine.operations import OPERATIONS, run_case

USAGE = "usage: python -m endpoints.engine OPERATION < cases.json > results.json"


def help_text() -> str:
    """What --help prints."""
    width = max(map(len, OPERATIONS))
    lines = [f"  {name:<{width}}  {run.__doc__}" for name, (run, _) in OPERATIONS.items()]
    return "\n".join([USAGE, "", "operations:", *lines])


def refuse(reason: str) -> int:
    """Exit status 2: nothing on standard output, one line on standard error."""
    print(f"endpoints.engine: {reason}", file=sys.stderr)
    return 2


def main(arguments: list[str]) -> int:
    """0: every case has a result; 1: some case, or participant of a trial, is refused; 2: the call makes no sense."""
    if any(argument in ("-h", "--help") for argument in arguments):
        print(help_text())
        return 0
    if len(arguments) != 1 or arguments[0] not in OPERATIONS:
        return refuse(f"expected one operation of: {', '.join(OPERATIONS)}")
    try:
        cases = json.loads(sys.stdin.buffer.read().decode())
    except ValueError as error:
        return refuse(f"standard input is not JSON: {str(error).splitlines()[0]}")
    if not isinstance(cases, list):
        return refuse("standard input is not a JSON array of cases")
    results = [run_case(arguments[0], case) for case in cases]
    json.dump(results, sys.stdout, ensure_ascii=True, indent=1)
    print()
    return 1 if any("error" in result or result.get("errors") for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
