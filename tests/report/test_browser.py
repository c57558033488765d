"""The page in a real browser: Debian's Chromium, or the one that CAPSPROBE_CHROMIUM names."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

sync_api = pytest.importorskip("playwright.sync_api", reason="tox's judging has no browser")
axe_api = pytest.importorskip("axe_playwright_python.sync_playwright", reason="as above")

CHROMIUM = os.environ.get("CAPSPROBE_CHROMIUM") or shutil.which("chromium")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")
NARROW = {"width": 375, "height": 800}
WIDE = {"width": 1200, "height": 900}


@pytest.fixture(
    params=[
        "page",
        "routing_page",
        "corruption_page",
        "spatial_page",
        "lights_page",
        "compare_page",
        "factorial_page",
        "reproduction_page",
        "verdicts_page",
        "chinese_page",
    ]
)
def any_page(request: pytest.FixtureRequest) -> Path:
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        launched = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield launched
        launched.close()


def test_no_request_leaves_and_no_error_is_logged(browser: Any, any_page: Path) -> None:
    tab = browser.new_page(viewport=WIDE)
    requests, errors = [], []
    tab.on("request", lambda request: requests.append(request.url))
    tab.on("console", lambda message: errors.append(message.text))
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.goto(any_page.as_uri())
    tab.wait_for_load_state("networkidle")
    assert [url for url in requests if not url.startswith("data:")] == [any_page.as_uri()]
    assert errors == []
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [WIDE, NARROW], ids=["wide", "narrow"])
def test_axe_finds_nothing(
    scheme: str, viewport: dict[str, int], browser: Any, any_page: Path
) -> None:
    context = browser.new_context(color_scheme=scheme, viewport=viewport, bypass_csp=True)
    tab = context.new_page()
    tab.goto(any_page.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    results = axe_api.Axe().run(tab)
    assert results.violations_count == 0, results.generate_report()
    context.close()


def test_nothing_is_wider_than_a_phone(browser: Any, any_page: Path) -> None:
    tab = browser.new_page(viewport=NARROW)
    tab.goto(any_page.as_uri())
    tab.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert tab.evaluate("document.documentElement.scrollWidth") == NARROW["width"]
    tab.close()


def test_all_can_be_read_without_scripts(browser: Any, page: Path) -> None:
    texts = []
    for scripts in (True, False):
        context = browser.new_context(java_script_enabled=scripts, viewport=WIDE)
        tab = context.new_page()
        tab.goto(page.as_uri())
        for summary in tab.locator("summary").all():
            summary.click()
        words = tab.locator("main").inner_text().split()
        texts.append([word for word in words if word not in {"Show", "rows", "with"}])
        assert tab.locator("th button").count() == (
            0 if not scripts else tab.locator("table.data thead th").count()
        )
        context.close()
    assert len(texts[1]) > 1000
    assert texts[0] == texts[1]


def test_column_is_sorted_by_its_numbers(browser: Any, page: Path) -> None:
    tab = browser.new_page(viewport=WIDE)
    tab.goto(page.as_uri())
    table = tab.locator("#clean table.data")
    column = table.locator("thead th").nth(4)
    for order in ("ascending", "descending"):
        column.locator("button").click()
        assert column.get_attribute("aria-sort") == order
        shown = [float(text) for text in table.locator("tbody td:nth-child(5)").all_inner_texts()]
        assert shown == sorted(shown, reverse=order == "descending")
    assert len(set(shown)) > 1
    tab.close()


def test_rows_are_filtered_by_their_text(browser: Any, page: Path) -> None:
    tab = browser.new_page(viewport=WIDE)
    tab.goto(page.as_uri())
    details = tab.locator("#probe-affine details").first
    details.locator("summary").click()
    details.locator("input[type=search]").fill("shear")
    rows = [row for row in details.locator("tbody tr").all() if row.is_visible()]
    assert len(rows) == 7
    assert all("Shear" in row.inner_text() for row in rows)
    tab.close()


def test_page_can_be_printed_with_its_tables_open(browser: Any, page: Path) -> None:
    tab = browser.new_page(viewport=WIDE)
    tab.goto(page.as_uri())
    closed = tab.evaluate("document.querySelectorAll('details:not([open])').length")
    tab.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    assert closed > 0
    assert tab.evaluate("document.querySelectorAll('details:not([open])').length") == 0
    assert len(tab.pdf()) > 10_000
    tab.close()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_verdicts_need_no_scripts_and_print_opened(
    language: str, browser: Any, verdicts_page: Path, chinese_page: Path
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport=WIDE)
    tab = context.new_page()
    tab.goto((verdicts_page if language == "en" else chinese_page).as_uri())
    assert tab.locator("article.verdict").count() == 8
    assert tab.locator("script").count() == 0
    table = tab.locator("#claim-robustness table")
    assert not table.is_visible()
    tab.locator("#claim-robustness summary").click()
    assert table.is_visible()
    tab.emulate_media(media="print")
    for details in tab.locator("details").all():
        heights = [each.bounding_box() for each in details.locator("dl, table").all()]
        assert all(box is not None and box["height"] > 10.0 for box in heights)
    assert len(tab.pdf()) > 10_000
    # The other language is a link away.
    tab.emulate_media(media="screen")
    tab.locator("a.tongue").click()
    assert tab.url.endswith("index.zh.html" if language == "en" else "index.html")
    context.close()
