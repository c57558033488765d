"""What matplotlib writes, made fit for two places: a page in light or dark, and a file of its own.

In a page, colours become the page's custom properties, ids get the figure's name in front (two
figures in one page must not share any), and the legend goes, as the page has one for all.
"""

import re
from dataclasses import dataclass
from xml.etree import ElementTree

from capsprobe.report.styles import PALETTE

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
LEGEND = "legend-of-models"
# What figures are drawn with, and the page's properties that stand there instead.
INK, FAINT, PAPER = "#1c2127", "#d3d7dc", "#ffffff"
_PROPERTIES = {INK: "--ink", FAINT: "--faint"} | {
    light: f"--m{place}" for place, (light, _) in enumerate(PALETTE)
}
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FONT = re.compile(r"font: ([^;']*?)([\d.]+px) [^;]*")
_NUMBER = re.compile(r"-?\d+\.\d{3,}")

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A figure as it stands in the page, and as a file."""

    inline: str
    file: str


def finish(text: str, *, name: str, label: str, height: float) -> Drawing:
    """Return both forms of an SVG. `label` says in words what it shows, "" for an ornament.

    `height` is how much of it, in its own units from the top, is shown in the page.
    """
    root = ElementTree.fromstring(text)
    _drop(root, "metadata")
    _own_ids(root, name)
    _shorten(root)
    root.attrib.update({"role": "img", "aria-label": label} if label else {"aria-hidden": "true"})
    file = ElementTree.tostring(root, encoding="unicode")
    width = root.attrib["viewBox"].split()[2]
    _drop_legend(root, f"{name}-{LEGEND}")
    root.attrib["viewBox"] = f"0 0 {width} {round(height, 2):g}"
    for attribute in ("width", "height"):
        root.attrib.pop(attribute, None)
    inline = ElementTree.tostring(root, encoding="unicode")
    return Drawing(inline=_themed(inline), file=f"{file}\n")


def _shorten(root: ElementTree.Element) -> None:
    """Give lengths two digits: a hundredth of a point is not seen. What is read keeps its own."""
    for element in root.iter():
        for attribute, value in element.attrib.items():
            if "." in value:
                element.set(attribute, _NUMBER.sub(_shorter, value))


def _shorter(number: re.Match) -> str:
    return f"{float(number[0]):.2f}"


def _themed(text: str) -> str:
    """Return the SVG with the page's colours and font in place of its own."""
    for colour, name in _PROPERTIES.items():
        text = text.replace(colour, f"var({name})")
    text = _FONT.sub(lambda found: f"font-size: {found[2]}", text)
    return re.sub(r">\s+<", "><", text)


def _drop(root: ElementTree.Element, tag: str) -> None:
    for element in root.findall(f"{{{SVG}}}{tag}"):
        root.remove(element)


def _drop_legend(root: ElementTree.Element, name: str) -> None:
    for parent in root.iter():
        for child in list(parent):
            if child.get("id") == name:
                parent.remove(child)


def _own_ids(root: ElementTree.Element, name: str) -> None:
    """Put the figure's name before each id that is used, and drop the others."""
    used = {LEGEND, *_used(root)}
    for element in root.iter():
        identity = element.get("id")
        if identity in used:
            element.set("id", f"{name}-{identity}")
        elif identity is not None:
            del element.attrib["id"]
        for attribute, value in element.attrib.items():
            if attribute == f"{{{XLINK}}}href" and value.startswith("#"):
                element.set(attribute, f"#{name}-{value[1:]}")
            elif "url(#" in value:
                element.set(attribute, _REFERENCE.sub(rf"url(#{name}-\1)", value))


def _used(root: ElementTree.Element) -> set[str]:
    found = set()
    for element in root.iter():
        for attribute, value in element.attrib.items():
            found.update(_REFERENCE.findall(value))
            if attribute == f"{{{XLINK}}}href":
                found.add(value.removeprefix("#"))
    return found
