"""Every study of the ten experiments ends with ``drawn.yaml``: this writes it there anew."""

from __future__ import annotations

from pathlib import Path

from dxsim.files import write_text

ROOT = Path(__file__).parents[1]
DRAWN = ROOT / "drawn.yaml"
MARK = "# From here on: drawn.yaml, written by python -m experiments.common.studies\n"


def with_drawn(study: str) -> str:
    """Return the text of a study with the part that all share."""
    own, mark, _ = study.partition(MARK)
    return (own if mark else own.rstrip("\n") + "\n") + MARK + DRAWN.read_text(encoding="utf-8")


def main() -> None:
    """Write the shared part into all studies."""
    for path in sorted(ROOT.glob("e[0-9][0-9]_*/study.yaml")):
        write_text(path, with_drawn(path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
