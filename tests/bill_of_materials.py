"""Write what dxsim is built on, with versions and licences, as a CycloneDX bill of materials: ``dev.py release``."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import dxsim

ROOT = Path(__file__).resolve().parents[1]
TOOL = "cyclonedx-bom>=7,<8"  # in an environment of its own, since it brings twenty packages that nothing else needs


def main() -> None:
    """Describe the environment that runs this."""
    target = ROOT / "dist" / f"dxsim-{dxsim.__version__}.cdx.json"
    target.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True)
        tool = Path(folder, "Scripts" if sys.platform == "win32" else "bin")
        subprocess.run([tool / "python", "-m", "pip", "install", "--quiet", TOOL], check=True)
        environment = ["environment", sys.executable, "--pyproject", str(ROOT / "pyproject.toml")]
        written = ["--output-reproducible", "--output-format", "JSON", "--output-file", str(target)]
        subprocess.run([tool / "cyclonedx-py", *environment, *written], check=True)
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
