"""All probes of a judged run, a page a question: one page for all would be too long to load."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from capsprobe.claims.text import Text
from capsprobe.report.summary import Summary


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """A page of probes; the first one has what is about none of them by itself."""

    name: str
    title: Text
    probes: tuple[str, ...]

    @property
    def page(self) -> str:
        """Return the name of its file."""
        return f"{self.name}.html"


CHAPTERS = (
    Chapter(
        name="robustness",
        title=Text(en="Robustness", zh="鲁棒性"),
        probes=(
            "affine",
            "spatial",
            "adversarial",
            "strength",
            "transfer",
            "corruption",
            "overlap",
        ),
    ),
    Chapter(name="routing", title=Text(en="Routing", zh="路由"), probes=("routing", "gate")),
    Chapter(name="relations", title=Text(en="Relations", zh="关系"), probes=("relations",)),
    Chapter(
        name="interpretability",
        title=Text(en="Interpretability", zh="可解释性"),
        probes=("factors", "traversal", "alignment", "confidence", "deletion", "specificity"),
    ),
    Chapter(name="cost", title=Text(en="Cost", zh="代价"), probes=("cost",)),
)


def chapters(summary: Summary) -> Mapping[Chapter, Summary]:
    """Return what each page shows; probes that belong to none follow those of the first."""
    known = {probe for chapter in CHAPTERS for probe in chapter.probes}
    others = {page.name for page in summary.probes} - known
    found = {}
    for place, chapter in enumerate(CHAPTERS):
        wanted = {*chapter.probes, *(others if place == 0 else ())}
        probes = tuple(page for page in summary.probes if page.name in wanted)
        if probes:
            found[chapter] = replace(
                summary,
                title=f"{summary.title}: {chapter.title.en.lower()}",
                probes=probes,
                statements=tuple(each for each in summary.statements if each.probe in wanted),
                forests=summary.forests if place == 0 else (),
                repeated=summary.repeated if place == 0 else (),
            )
    return found
