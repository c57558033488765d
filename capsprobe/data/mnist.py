"""MNIST (LeCun, Cortes, Burges): 50 000 training, 10 000 validation and 10 000 test digits.

The last 10 000 of the training images are the validation split, as the field has it.
"""

from capsprobe.data.base import Source, Split, datasets
from capsprobe.data.idx_set import IdxFiles, load_idx
from capsprobe.data.images import ImageSet

# SHA-256 of the uncompressed files; their MD5 sums are those that torchvision publishes.
FILES = IdxFiles(
    name="mnist",
    torchvision="MNIST",
    sha256={
        "train-images-idx3-ubyte": (
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db"
        ),
        "train-labels-idx1-ubyte": (
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
        ),
        "t10k-images-idx3-ubyte": (
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7"
        ),
        "t10k-labels-idx1-ubyte": (
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
        ),
    },
)


@datasets.register("mnist")
def mnist(split: Split, source: Source = Source()) -> ImageSet:
    """Return a split of MNIST from the user's folder, or from torchvision's download."""
    return load_idx(FILES, split, source)
