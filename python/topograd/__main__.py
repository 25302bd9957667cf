"""The command line: `topograd demo`, `topograd info`, and where the C++ files are.

Also reached as `python -m topograd`. Commands import what they need when they run, so that `--help`
and the options that print a path answer at once.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import topograd as tg
from topograd import _options


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="topograd", description="A deep-learning library whose computation graph can be seen."
    )
    parser.add_argument("--version", action="version", version=f"topograd {tg.__version__}")
    paths = parser.add_mutually_exclusive_group()
    paths.add_argument(
        "--cmake-dir", action="store_true", help="print the folder for CMake's topograd_DIR"
    )
    paths.add_argument(
        "--include-dir", action="store_true", help="print the folder of the C++ headers"
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")

    demo = commands.add_parser(
        "demo",
        help="train a network on real scanned digits and write a report",
        description="Train a small convolutional network on 1,797 scanned digits that come with "
        "the package; write its weights and a report.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    demo.add_argument(
        "--epochs",
        type=_options.count,
        default=20,
        metavar="N",
        help="passes over the training images",
    )
    demo.add_argument(
        "--batch-size", type=_options.count, default=64, metavar="N", help="images in one step"
    )
    demo.add_argument(
        "--lr", type=_options.rate, default=0.005, metavar="RATE", help="learning rate at the start"
    )
    demo.add_argument(
        "--seed", type=_options.seed, default=0, metavar="N", help="seed of all random numbers"
    )
    demo.add_argument(
        "--out",
        type=Path,
        default=Path("topograd-demo"),
        metavar="FOLDER",
        help="where digits.safetensors and report.html go",
    )
    demo.set_defaults(parser=demo)

    commands.add_parser(
        "info",
        help="print version, instruction set, threads and devices",
        description="Print what is installed and what it runs on.",
    )
    return parser


def _demo(arguments: argparse.Namespace) -> None:
    out: Path = arguments.out
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        arguments.parser.error(f"argument --out: cannot make {out}: {error.strerror}")

    from topograd.demo.train import Settings, run

    settings = Settings(arguments.epochs, arguments.batch_size, arguments.lr, arguments.seed)
    run(settings, out, sys.stdout)


def _info() -> None:
    import platform
    from importlib.metadata import version

    rows = {
        "version": tg.__version__,
        "installed in": str(Path(tg.__file__).parent),
        "instruction set": tg._C.isa(),
        "threads": str(tg.get_num_threads()),
        "devices": "cpu",
        "Python": f"{platform.python_version()} ({platform.python_implementation()})",
        "NumPy": version("numpy"),
        "system": f"{platform.system()} {platform.machine()}",
    }
    for name, value in rows.items():
        print(f"{name:<16} {value}")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the program's own) and return its exit code.

    0: done.  2: bad arguments (by SystemExit, as argparse does it).  130: interrupted.
    """
    parser = _parser()
    arguments = parser.parse_args(argv)
    if argv is None:
        _options.end_quietly()
    if arguments.cmake_dir or arguments.include_dir:
        if arguments.command:
            parser.error(f"--cmake-dir and --include-dir stand alone, not with {arguments.command}")
        print(tg.get_cmake_dir() if arguments.cmake_dir else tg.get_include())
        return 0
    try:
        if arguments.command == "demo":
            _demo(arguments)
        elif arguments.command == "info":
            _info()
        else:
            parser.error("a command is missing: demo or info (--help tells more)")
    except KeyboardInterrupt:
        print("\ninterrupted", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
