"""Fashion-MNIST (Xiao, Rasul and Vollgraf 2017): 28x28 pictures of ten kinds of clothing.

Split as MNIST is. Published are hashes of the packed files only, so those are what is read: an
unpacked file alone could not be told from a damaged one and is refused. torchvision leaves the
packed files beside the unpacked ones, so a folder that it filled will do.
"""

from capsprobe.data.base import Source, Split, datasets
from capsprobe.data.idx_set import IdxFiles, load_idx
from capsprobe.data.images import ImageSet

# SHA-256 of the gzip files as they are published.
FILES = IdxFiles(
    name="fashion",
    torchvision="FashionMNIST",
    sha256={
        "train-images-idx3-ubyte.gz": (
            "08dc20ab1689590a0bcd66e874647b6ee8464e2d501b5a3f1f78831db19a3fdc"
        ),
        "train-labels-idx1-ubyte.gz": (
            "b0197879cbda89f3dc7b894f9fd52b858e68ea4182b6947c9d8c2b67e5f18dcc"
        ),
        "t10k-images-idx3-ubyte.gz": (
            "78dcbbfb5a27efaf1b6c1d616caca68560be8766c5bffcb2791df9273a534229"
        ),
        "t10k-labels-idx1-ubyte.gz": (
            "42bd18137a62d5998cdeae52bf3a0676ac6b706f5cf8439b47bb5b151ae3dccf"
        ),
    },
)


@datasets.register("fashion")
def fashion(split: Split, source: Source = Source()) -> ImageSet:
    """Return a split of Fashion-MNIST from the user's folder, or from torchvision's download."""
    return load_idx(FILES, split, source)
