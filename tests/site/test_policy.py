"""What the policy of each page lets in, and that the page itself needs no more."""

import base64
import hashlib
import re

import pytest
from bs4 import BeautifulSoup

from book._tools import finish

RUN = {"", "module", "text/javascript", "application/javascript"}


def rules(page):
    """The policy's directives, each with the sources it names."""
    (policy,) = page.head.find_all("meta", attrs={"http-equiv": "Content-Security-Policy"})
    parts = (rule.strip().partition(" ") for rule in policy["content"].split(";"))
    return {name: sources.split() for name, _, sources in parts}


def test_policy_comes_before_all_that_is_loaded(pages):
    for where, page in pages.items():
        first, second = page.head.find_all(True)[:2]
        # a browser looks for the encoding in the first kilobyte only
        assert first.get("charset") == "utf-8", where
        assert second.get("http-equiv") == "Content-Security-Policy", where


def test_policy_lets_in_nothing_but_the_site(pages):
    for where, page in pages.items():
        said = rules(page)
        assert said["default-src"] == said["object-src"] == said["base-uri"] == ["'none'"], where
        assert set(said) == {*finish.POLICY}, where
        named = {source for sources in said.values() for source in sources}
        others = {s for s in named if not re.fullmatch(r"'none'|'self'|data:|'sha256-[A-Za-z0-9+/]{43}='", s)}
        assert others == set(), where
        assert said["script-src"] == ["'self'"], where
        assert [name for name, sources in said.items() if "data:" in sources] == ["img-src"], where


def test_no_script_is_written_into_a_page(pages):
    for where, page in pages.items():
        written = [tag for tag in page.find_all("script", src=False) if (tag.get("type") or "") in RUN]
        assert written == [], where
        for tag in page.find_all(True):
            assert [name for name in tag.attrs if name.startswith("on")] == [], (where, str(tag)[:120])
            for name in ("href", "src", "action", "formaction"):
                assert not re.match(r"\s*(java|vb)script:", tag.get(name) or "", re.IGNORECASE), (where, tag[name])


def test_styles_written_into_a_page_are_those_of_the_policy(pages):
    for where, page in pages.items():
        digests = {hashlib.sha256(tag.string.encode()).digest() for tag in page.find_all("style")}
        wanted = {f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests}
        assert set(rules(page)["style-src"]) == {"'self'", *wanted}, where
        assert page.find_all(style=True) == [], where


def test_a_script_written_into_a_page_stops_the_build():
    page = BeautifulSoup("<head><meta charset='utf-8'></head><body><script>alert(1)</script></body>", "html.parser")
    with pytest.raises(ValueError, match=r"put it in a file: 'alert\(1\)'"):
        finish.set_policy(page)


def test_data_written_into_a_page_does_not_run_and_may_stay():
    page = BeautifulSoup(
        "<head><meta charset='utf-8'></head><body><script type='application/json'>{}</script></body>", "html.parser"
    )
    finish.set_policy(page)
    assert page.head.find("meta", attrs={"http-equiv": True})
