"""Take the screenshots that the README shows: ``python experiments/app/screenshots.py`` while nothing else runs."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

HERE = Path(__file__).parent
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
TIPPING = "lesson=tipping&prediction=steadily&checked=1&a=baseline&b=baseline&a.cooperation.poolable_share=0.05"
SHOTS = {
    "explore.png": "#language=en&nation=whole&seeds=10&layer=late&month=62&a=no_cooperation&b=baseline",
    "lesson.png": f"#language=ja&{TIPPING}&b.cooperation.poolable_share=0.05&b.cooperation.grant_rate=0.5"
    "&layer=group&series=cooperating&month=120",
}


def main() -> None:
    """Start the app, open each link, and write the screens."""
    server = subprocess.Popen([sys.executable, "-m", "dxsim", "app", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout  # noqa: S101 - asked for above
        address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
            for name, fragment in SHOTS.items():
                page = browser.new_page(viewport={"width": 1280, "height": 720})
                page.goto(address + fragment)
                page.wait_for_selector("body[data-settled=yes]", timeout=120_000)
                if "checked=1" in fragment:
                    page.wait_for_selector("#lesson-panel .verdict")
                page.wait_for_timeout(500)
                page.screenshot(path=HERE / name)
            browser.close()
    finally:
        server.terminate()


if __name__ == "__main__":
    main()
