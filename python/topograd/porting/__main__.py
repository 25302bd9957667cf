"""Lists the torch names that programs use and topograd lacks: `python -m topograd.porting PATH…`.

Prints a line for each: file, line, name, and the nearest that topograd has.  Lines with "note:" are
about what exists and behaves differently.  The programs are read, not run.  The exit code is 0 when
nothing lacks, 1 when something does, 2 when a path is not there or a file could not be read.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter

from topograd import _options
from topograd.porting.check import DIFFERENT, UNREAD, Finding, check_file
from topograd.porting.sources import python_files


def main(arguments: list[str] | None = None) -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m topograd.porting", description=__doc__)
    parser.add_argument("paths", nargs="+", metavar="PATH", help="a file, a notebook, or a folder")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--no-notes", action="store_true", help="leave out what only differs")
    options = parser.parse_args(arguments)
    if arguments is None:
        _options.end_quietly()
    try:
        files = list(python_files(options.paths))
    except FileNotFoundError as error:
        print(error, file=sys.stderr)
        return 2
    findings = [finding for file in files for finding in check_file(file)]
    if options.no_notes:
        findings = [finding for finding in findings if finding.kind != DIFFERENT]
    if options.json:
        report = {"files": len(files), "findings": [one._asdict() for one in findings]}
        print(json.dumps(report, indent=1))
    else:
        print_report(findings, len(files))
    kinds = {finding.kind for finding in findings}
    return 2 if UNREAD in kinds else 1 if kinds - {DIFFERENT} else 0


def print_report(findings: list[Finding], files: int) -> None:
    """Prints the findings, notes once for each file, and a summary."""
    told: set[tuple[str, str]] = set()
    for one in findings:
        if one.kind == DIFFERENT and (one.file, one.name) in told:
            continue
        told.add((one.file, one.name))
        print(one)
    lacking = Counter(one.name for one in findings if one.kind not in (DIFFERENT, UNREAD))
    unread = sum(one.kind == UNREAD for one in findings)
    text = f"{files} file{'s' * (files != 1)}: "
    text += f"{len(lacking)} names lack" if lacking else "nothing lacks"
    print(text + (f", {unread} could not be read" if unread else ""))


if __name__ == "__main__":
    sys.exit(main())
