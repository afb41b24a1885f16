#!/usr/bin/env python3
"""Set dxsim up on first use, then do one task: ``python dev.py run``, ``python dev.py test``.

Needs nothing but Python 3.11 or newer. Packages come from ``requirements.lock``, with their hashes checked,
into ``.venv`` beside this file. Arguments after the task are passed on to it.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
LOCK = ROOT / "requirements.lock"
BIN = VENV / ("Scripts" if os.name == "nt" else "bin")
PYTHON = BIN / ("python.exe" if os.name == "nt" else "python")
STAMP = VENV / ".dxsim-stamp"
GUARD = ROOT / ".venv.lock"

TASKS = {
    "run": ([["-m", "dxsim", "run"]], "simulate the whole synthetic nation under the baseline scenario"),
    "test": ([["-m", "pytest", "-n", "auto"]], "run the tests"),
    "check": (
        [
            ["-m", "ruff", "check", "."],
            ["-m", "ruff", "format", "--check", "."],
            ["-m", "mypy"],
            ["-c", "from importlinter.cli import lint_imports_command as lint; lint()"],
        ],
        "lint, types and the import contract",
    ),
    "docs": ([["-m", "docs.build"]], "build the documentation site, which `dxsim docs` opens"),
    "release": (
        [["-m", "docs.build"], ["-m", "hatchling", "build"], ["-m", "tests.bill_of_materials"]],
        "build site, wheel, source archive and the list of dependencies with their licences in dist/",
    ),
    "benchmark": ([["-m", "tests.benchmarks"]], "measure speed against the plain twin"),
    "dxsim": ([["-m", "dxsim"]], "any dxsim command"),
    "python": ([[]], "Python with dxsim at hand"),
}


def wanted() -> str:
    """Return what identifies the environment that this checkout needs."""
    return hashlib.sha256(LOCK.read_bytes() + sys.version.encode() + str(ROOT).encode()).hexdigest()


def is_ready() -> bool:
    """Return whether the environment is there, whole and current."""
    return STAMP.is_file() and PYTHON.exists() and STAMP.read_text(encoding="utf-8") == wanted()


def set_up() -> None:
    """Make the environment afresh; the stamp is written last, so a broken set-up is never taken for a whole one."""
    print("Setting up .venv (first use, about a minute) ...", flush=True)
    if subprocess.run([sys.executable, "-m", "venv", "--clear", str(VENV)], check=False).returncode:
        sys.exit("Could not make .venv. On Debian or Ubuntu: sudo apt install python3-venv")
    install = ["-m", "pip", "install", "--quiet", "--no-compile", "--disable-pip-version-check", "--require-hashes"]
    if subprocess.run([str(PYTHON), *install, "-r", str(LOCK)], check=False).returncode:
        sys.exit("Could not install the locked packages (see above). Check the network and run the same command again.")
    packages = subprocess.check_output(
        [str(PYTHON), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    ).strip()
    Path(packages, "dxsim-checkout.pth").write_text(f"{ROOT}\n", encoding="utf-8")
    STAMP.write_text(wanted(), encoding="utf-8")


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Let one set-up run at a time. The operating system holds the lock, so a killed set-up never leaves it behind."""
    with GUARD.open("a+b") as file:
        if os.name == "nt":
            import msvcrt

            while True:
                with contextlib.suppress(OSError):
                    file.seek(0)
                    msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
                    break
                time.sleep(0.5)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: list[str]) -> int:
    """Run the task named first in `arguments` and return its exit status."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where older ones are told
        sys.exit(f"dxsim needs Python 3.11 or newer; this is {sys.version_info[0]}.{sys.version_info[1]}.")
    if not arguments or arguments[0] not in TASKS:
        lines = [f"  {name:10} {meaning}" for name, (_, meaning) in TASKS.items()]
        sys.exit("usage: python dev.py TASK [arguments]\n\n" + "\n".join(lines))
    if not is_ready():
        with only_one():
            if not is_ready():
                set_up()
    steps, _ = TASKS[arguments[0]]
    # The task runs where the user stands, so that the paths they type mean what they mean to them.
    here = Path.cwd() if arguments[0] in ("dxsim", "python", "run") else ROOT
    status = [subprocess.call([str(PYTHON), *step, *arguments[1:]], cwd=here) for step in steps]
    return max(status, key=abs)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
