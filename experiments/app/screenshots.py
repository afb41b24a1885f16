"""Take screenshots of the page to explore: ``python experiments/app/screenshots.py [FOLDER]`` while nothing else runs.

Without a folder it takes the one that the README shows; with one, every screen in both languages, light and dark.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
SHOWN = "nation=whole&seeds=10&layer=late&month=62&a=no_cooperation&b=baseline"
SCREENS = {"phone": (390, 844), "laptop": (1280, 720), "projector": (1920, 1080)}


class Shot(NamedTuple):
    """A screen to be taken."""

    path: Path
    size: tuple[int, int]
    language: str
    scheme: str


def shots(folder: Path | None) -> list[Shot]:
    """Return what is taken: one picture for the README, or all into a folder."""
    if folder is None:
        return [Shot(HERE / "explore.png", SCREENS["laptop"], "en", "light")]
    return [
        Shot(folder / f"explore-{name}-{language}-{scheme}.png", size, language, scheme)
        for name, size in SCREENS.items()
        for language in ("en", "ja")
        for scheme in ("light", "dark")
    ]


def main() -> None:
    """Start the app, open its page, and write the screens."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    server = subprocess.Popen([sys.executable, "-m", "dxsim", "app", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout  # noqa: S101 - asked for above
        address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
            for shot in shots(folder):
                width, height = shot.size
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=shot.scheme)
                page.goto(f"{address}explore#language={shot.language}&{SHOWN}")
                page.wait_for_selector("body[data-settled=yes]", timeout=120_000)
                page.wait_for_timeout(500)
                page.screenshot(path=shot.path, full_page=width < 500)
                page.close()
            browser.close()
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
