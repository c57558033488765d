"""The words for transfer: images made against one network and shown to another."""

from capsprobe.report.text import Text
from capsprobe.tables import ITSELF

EXHIBITS = {
    "transfer": Text(
        heading="What deceives one, does it deceive the others?",
        reading=(
            "A row is the network that images were made against, a column the one they are shown "
            "to; the number is the accuracy (%) there, of images that both have right when clean. "
            "Low means that the images carry over. In the first row each network sees its own; in "
            "the others those of a model that another training seed left, so that the diagonal is "
            "the same architecture trained anew."
        ),
        meaning=(
            "A network that its own attack hardly moves, and that images made against others "
            "deceive, hides its gradients rather than stands: an attack that knows nothing of it "
            "must not do better than one that knows all. Where a run has one training seed only, "
            "the others share it: they began from the same trunk and saw the same batches, so they "
            "are more alike than two trainings of one architecture."
        ),
        folded="The other sizes of the perturbation",
    ),
}
READING = (
    "Images are made by the momentum iterative method (Dong et al. 2018) in all its steps, along a "
    "running sum of gradients: in L∞ by its sign, in L2 in its direction. They go to the ε named, "
    "where [0, 1] lets them, and are shown as they are, also those that do not deceive the network "
    "they were made against. The attacks of the section before hold more methods and stop where an "
    "image errs: what a network's own images do here is less than the worst case there."
)


def source(name: str) -> str:
    """Return what a source is called beside the others."""
    return "itself (white box)" if name == ITSELF else name
