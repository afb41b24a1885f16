"""How long does the app take from a slider to the picture? Measured in a real browser, on both nations."""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

from playwright.sync_api import Browser, Page, sync_playwright

ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
LEVER = "policy.capacity_programme"

# From the event that a user's drag makes until both maps and the curves are drawn from the run of the new value.
MOVE = """([lever, value]) => new Promise((done) => {
    const control = document.getElementById(`lever-${lever}`);
    const drawn = document.body.dataset.drawn;
    const began = performance.now();
    new MutationObserver((_, observer) => {
        if (document.body.dataset.drawn === drawn) return;
        observer.disconnect();
        requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)));
    }).observe(document.body, { attributes: true, attributeFilter: ["data-drawn"] });
    control.value = value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
})"""


def main() -> None:
    """Start the app, measure, and print a table in Markdown, with how busy the machine was."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--moves", type=int, default=20, choices=range(1, 21), metavar="N", help="moves (default 20)")
    moves = parser.parse_args().moves
    server = subprocess.Popen([sys.executable, "-m", "dxsim", "app", "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout  # noqa: S101 - asked for above
        address = next(word for word in server.stdout.readline().split() if word.startswith("http"))
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=list(ARGUMENTS))
            print("| | teaching nation | whole nation |\n|---|--:|--:|")
            pages = [
                _first_page(browser.new_page(viewport={"width": 1280, "height": 720}), address, nation)
                for nation in ("teaching", "whole")
            ]
            print("| first page, s |", " | ".join(f"{seconds:.2f}" for _, seconds in pages), "|")
            slow = [_slow_page(browser, address, nation) for nation in ("teaching", "whole")]
            print("| first page at 1 Mbit/s, s |", " | ".join(f"{seconds:.2f}" for seconds in slow), "|")
            taken = [_moves(page, moves) for page, _ in pages]
            for name, measure in (("median", statistics.median), ("slowest", max)):
                print(
                    f"| slider to picture, {name} of {moves}, ms |", " | ".join(f"{measure(t):.0f}" for t in taken), "|"
                )
            print(f"load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
            browser.close()
    finally:
        server.terminate()


def _first_page(page: Page, address: str, nation: str) -> tuple[Page, float]:
    """Return a page on which both runs are drawn, and the seconds that took."""
    began = time.monotonic()
    page.goto(f"{address}explore#nation={nation}&seeds=2&language=en")
    page.wait_for_selector("#title-a .value")  # one number of each run
    page.wait_for_selector("#title-b .value")
    seconds = time.monotonic() - began
    page.wait_for_selector("body[data-settled=yes]", timeout=120_000)
    return page, seconds


def _slow_page(browser: Browser, address: str, nation: str) -> float:
    """Return the seconds of the first page where a second brings 1 Mbit; its runs are known to the server by now."""
    page = browser.new_context(viewport={"width": 1280, "height": 720}).new_page()
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    conditions = {"offline": False, "latency": 20, "downloadThroughput": 125_000, "uploadThroughput": 125_000}
    session.send("Network.emulateNetworkConditions", conditions)
    _, seconds = _first_page(page, address, nation)
    page.context.close()
    return seconds


def _moves(page: Page, moves: int) -> list[float]:
    """Return the milliseconds of each move, to values that nobody asked for before."""
    page.bring_to_front()
    taken = []
    for move in range(moves):
        taken.append(page.evaluate(MOVE, [LEVER, round(0.05 * (move + 1), 2)]))
        page.wait_for_selector(
            "body[data-settled=yes]", timeout=120_000
        )  # the comparison must not disturb the next one
    return taken


if __name__ == "__main__":
    main()
