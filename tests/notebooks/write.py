"""Execute the notebooks and write them with their outputs: ``python -m tests.notebooks.write [NUMBER ...]``."""

from __future__ import annotations

import resource
import sys

import nbformat

from tests.notebooks.execution import SOURCES, execute


def main(wanted: list[str]) -> None:
    """Execute the notebooks of these numbers, or all of them, and say what each cost."""
    for source in SOURCES:
        if wanted and source.stem[:2] not in {number.zfill(2) for number in wanted}:
            continue
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        notebook = execute(source)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        text = nbformat.writes(notebook)
        target = source.with_suffix(".ipynb")
        target.write_text(text + "\n", encoding="utf-8", newline="\n")
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{target.name:28} {seconds:6.1f} s CPU {target.stat().st_size / 1e3:8.0f} kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
