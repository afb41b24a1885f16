"""Execute the notebooks and write them with their outputs: ``python -m tests.notebooks.write [NUMBER ...]``."""

from __future__ import annotations

import resource
import sys

import nbformat

from tests.notebooks.execution import KEY, SOURCES, execute, for_readers, for_the_teacher


def main(wanted: list[str]) -> None:
    """Execute the notebooks of these numbers, or all of them, and say what each cost."""
    for source in SOURCES:
        if wanted and source.stem[:2] not in {number.zfill(2) for number in wanted}:
            continue
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        notebook = execute(source)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        target = source.with_suffix(".ipynb")
        target.write_text(nbformat.writes(for_readers(notebook)) + "\n", encoding="utf-8", newline="\n")
        key = for_the_teacher(notebook)
        if key:
            KEY.write_text(key, encoding="utf-8", newline="\n")
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        print(f"{target.name:28} {seconds:6.1f} s CPU {target.stat().st_size / 1e3:8.0f} kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
