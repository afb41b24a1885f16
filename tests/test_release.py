"""What is released installs into a fresh environment and runs from there."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from pathlib import Path
from urllib.request import urlopen

import pytest

import dxsim

ROOT = Path(__file__).resolve().parents[1]


LEFT_OUT = ("*.pyc", "__pycache__", ".*_cache", ".git", ".venv", "build", "dist", "site", "results")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, site: Path) -> dict[str, Path]:
    """Return wheel and source archive, and the wheel that the source archive gives, by kind."""
    folder, checkout = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*LEFT_OUT), dirs_exist_ok=True)
    shutil.copytree(site, checkout / "dxsim" / "site")
    build = [sys.executable, "-m", "hatchling", "build", "-d"]
    subprocess.run([*build, str(folder)], cwd=checkout, check=True, capture_output=True)
    (archive,) = folder.glob("*.tar.gz")
    with tarfile.open(archive) as source:
        source.extractall(folder / "source", filter="data")
    (unpacked,) = (folder / "source").iterdir()
    subprocess.run([*build, str(folder / "again"), "-t", "wheel"], cwd=unpacked, check=True, capture_output=True)
    (wheel,), (again,) = folder.glob("*.whl"), (folder / "again").glob("*.whl")
    return {"wheel": wheel, "archive": archive, "again": again}


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


def test_the_source_archive_gives_the_same_wheel(built: dict[str, Path]) -> None:
    assert built["wheel"].name == f"dxsim-{dxsim.__version__}-py3-none-any.whl"
    assert built["wheel"].read_bytes() == built["again"].read_bytes()


def test_the_wheel_holds_the_package_and_nothing_else(built: dict[str, Path], site: Path) -> None:
    found = names(built["wheel"])
    listed = ["git", "ls-files", "dxsim", "configs", "scenarios", "notebooks"]
    shipped = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True)
    if shipped.returncode:
        pytest.skip("no git here, so nothing says which files belong to the package")
    expected = {name if name.startswith("dxsim/") else f"dxsim/{name}" for name in shipped.stdout.split()}
    expected |= {f"dxsim/site/{path.relative_to(site).as_posix()}" for path in site.rglob("*") if path.is_file()}
    metadata = {name for name in found if ".dist-info/" in name}
    assert found - metadata == expected
    assert any(name.endswith("licenses/LICENSE") for name in metadata)


def test_the_wheel_runs_where_nothing_else_of_the_project_is(built: dict[str, Path], tmp_path: Path) -> None:
    python = fresh_environment(sys.executable, tmp_path)
    install(python, "--no-deps", str(built["wheel"]))
    purelib = subprocess.check_output(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True
    )
    # The packages that it needs are those of this environment, whose own .pth file (the checkout) is not followed.
    Path(purelib.strip(), "dependencies.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    all_of_it_runs(tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("version", ["3.12", "3.13"])
def test_the_wheel_runs_on_later_versions_of_python(built: dict[str, Path], tmp_path: Path, version: str) -> None:
    """With the packages that the registry gives for it."""
    found = shutil.which(f"python{version}")
    if found is None or subprocess.run([found, "--version"], capture_output=True).returncode:
        pytest.skip(f"no Python {version} here")
    install(fresh_environment(found, tmp_path), str(built["wheel"]))
    all_of_it_runs(tmp_path)


def fresh_environment(python: str, folder: Path) -> Path:
    """Make an environment in `folder` and return its Python."""
    subprocess.run([python, "-m", "venv", str(folder / "fresh")], check=True)
    return folder / "fresh" / "bin" / "python"


def install(python: Path, *arguments: str) -> None:
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments], check=True)


def all_of_it_runs(folder: Path) -> None:
    """Check that what is installed in `folder` has scenarios, studies, site and notebooks, runs, and serves."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["NUMBA_CACHE_DIR"] = str(folder / "cache")

    def dxsim_command(*arguments: str) -> str:
        command = [str(folder / "fresh" / "bin" / "dxsim"), *arguments]
        return subprocess.check_output(command, cwd=folder, env=environment, text=True)

    assert dxsim.__version__ in dxsim_command("--version")
    assert "baseline" in dxsim_command("scenarios")
    assert "capacity_or_specifications" in dxsim_command("sweep", "studies")
    page = Path(dxsim_command("docs", "--path").strip())
    assert page.is_relative_to(folder / "fresh")  # and so is the package that tells it
    assert "dxsim" in page.read_text(encoding="utf-8")
    dxsim_command("notebooks", "mine")
    copied = {path.name: path.read_bytes() for path in (folder / "mine").iterdir()}
    shipped = [path for path in (ROOT / "notebooks").glob("[0-9]*") if path.suffix != ".py"]
    assert copied == {path.name: path.read_bytes() for path in shipped}
    dxsim_command("run", "figures=false", "output=out")
    assert (folder / "out" / "manifest.json").is_file()
    assert "<html" in first_page(folder, environment)


def first_page(folder: Path, environment: dict[str, str]) -> str:
    """Return what the installed app answers at the address that it tells."""
    command = [str(folder / "fresh" / "bin" / "dxsim"), "app", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as app:
        try:
            told = next(line for line in app.stdout if "http://" in line)
            address = re.search(r"http://127\.0\.0\.1:\d+/", told)[0]
            with urlopen(f"{address}explore", timeout=60) as answer:  # noqa: S310 - our own server
                return answer.read().decode()
        finally:
            app.terminate()
