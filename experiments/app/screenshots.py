"""Take screenshots of the app: ``python experiments/app/screenshots.py [FOLDER]`` while nothing else runs.

Without a folder it takes the two that the README shows; with one, the page to explore and every step of every lesson,
on every screen, in both languages, light and dark.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from itertools import product
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import sync_playwright

from dxsim.app.lessons.lesson import STEPS

HERE = Path(__file__).parent
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
SHOWN = "nation=whole&seeds=10&layer=late&month=62&a=no_cooperation&b=baseline"
READY = {"explore": "body[data-settled=yes]", "lesson": "body[data-ready=yes] #player:not(:has(.working))"}
SCREENS = {"phone": (390, 844), "laptop": (1280, 720), "projector": (1920, 1080)}


PREDICTED = {
    "late_or_not": "budget",
    "cooperation": "large",
    "counters": "small",
    "deadline": "year",
    "data_sharing": "some",
}  # what many would say


class Shot(NamedTuple):
    """A screen to be taken."""

    path: Path
    size: tuple[int, int]
    language: str
    scheme: str
    lesson: str = ""  # none = the page to explore
    step: int = 0


def shots(folder: Path | None) -> list[Shot]:
    """Return what is taken: the pictures of the README, or all into a folder."""
    if folder is None:
        laptop = SCREENS["laptop"]
        return [
            Shot(HERE / "explore.png", laptop, "en", "light"),
            Shot(HERE / "lesson.png", laptop, "ja", "light", "deadline", STEPS.index("result")),
        ]
    looks = list(product(SCREENS.items(), ("en", "ja"), ("light", "dark")))
    explored = [
        Shot(folder / f"explore-{name}-{language}-{scheme}.png", size, language, scheme)
        for (name, size), language, scheme in looks
    ]
    return explored + [
        Shot(folder / f"{lesson}-{step}-{name}-{language}-{scheme}.png", size, language, scheme, lesson, step)
        for (name, size), language, scheme in looks
        for lesson in PREDICTED
        for step in range(len(STEPS))
    ]


def link_of(shot: Shot) -> str:
    """Return the page and its fragment."""
    if not shot.lesson:
        return f"explore#language={shot.language}&{SHOWN}"
    played = "&month=71&played=1" if shot.step >= STEPS.index("play") else ""
    predicted = f"&prediction={PREDICTED[shot.lesson]}" if shot.step >= STEPS.index("predict") else ""
    return f"present#language={shot.language}&lesson={shot.lesson}&step={shot.step}{predicted}{played}"


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
                page.goto(f"{address}{link_of(shot)}")
                page.wait_for_selector(READY["lesson" if shot.lesson else "explore"], timeout=120_000)
                page.wait_for_timeout(500)
                page.screenshot(path=shot.path, full_page=width < 500)
                page.close()
            browser.close()
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
