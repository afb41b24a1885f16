"""What tests in a real browser share."""

from __future__ import annotations

import importlib.util
import re
import shutil
import time

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
HAS_BROWSER = CHROMIUM is not None and importlib.util.find_spec("playwright") is not None
needs_browser = pytest.mark.skipif(not HAS_BROWSER, reason="needs playwright and chromium, and they are not here")
ARGUMENTS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
JAPANESE = re.compile(r"[぀-ヿ一-鿿]")
SECONDS = 120


def until(page, expression: str, argument: object = None) -> None:
    """Wait until an expression of the page holds (the page forbids the `eval` of playwright's own waiting)."""
    end = time.monotonic() + SECONDS
    while not page.evaluate(expression, argument):
        assert time.monotonic() < end, expression
        page.wait_for_timeout(15)
