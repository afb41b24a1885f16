"""The search of the site: English by stems, Japanese by pairs of letters, since it has no spaces between words."""

from __future__ import annotations

import re

from sphinx.search.en import SearchEnglish

_JAPANESE = r"\u3040-\u30ff\u3400-\u9fff"
_PARTS = re.compile(rf"[{_JAPANESE}]+|[^\W{_JAPANESE}]+")


class EnglishAndJapanese(SearchEnglish):
    """Words of both languages. The browser splits what a reader types as `split` splits a page."""

    lang = "both"
    js_splitter_code = f"""
var splitQuery = (query) =>
  (query.match(/[{_JAPANESE}]+|(?:(?![{_JAPANESE}])[\\p{{L}}\\p{{N}}_])+/gu) || []).flatMap((part) =>
    /^[{_JAPANESE}]/.test(part) && part.length > 2
      ? Array.from({{ length: part.length - 1 }}, (_, at) => part.slice(at, at + 2))
      : [part],
  );
"""

    def split(self, input: str) -> list[str]:
        """Return the words of a text."""
        return [word for part in _PARTS.findall(input) for word in _words(part)]


def _words(part: str) -> list[str]:
    is_japanese = re.match(f"[{_JAPANESE}]", part)
    return [part[at : at + 2] for at in range(len(part) - 1)] if is_japanese and len(part) > 2 else [part]
