"""A folder of class folders, as torchvision's ImageFolder takes it, perhaps by splits."""

from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError

from capsprobe.data.base import Split
from capsprobe.data.own.splitting import WORDS, Raw, whole_of
from capsprobe.faults import DataFault

ENDINGS = (".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp")
MOST_PIXELS = 50_000_000


def of_folder(folder: Path, split: Split) -> Raw:
    """Return the images of a split, or all that there are; a class is a folder's name.

    Raises
    ------
    DataFault
        Where there are no class folders, or an image cannot be read.
    """
    where, whole = _home(folder, split)
    classes = sorted(path for path in where.iterdir() if path.is_dir() and _holds(path))
    if not classes:
        raise DataFault(
            f"{folder.name}: expected a folder for each class with images in it, got none"
        )
    images, labels = [], []
    for label, path in enumerate(classes):
        for file in _files(path):
            images.append(_pixels(file))
            labels.append(label)
    names = tuple(path.name for path in classes)
    return Raw(images=images, labels=np.array(labels), whole=whole, names=names)


def _home(folder: Path, split: Split) -> tuple[Path, str]:
    """Return the folder that holds the class folders, and which split it is."""
    given = {
        each: folder / word
        for each, words in WORDS.items()
        for word in words
        if (folder / word).is_dir()
    }
    if not given:
        return folder, "all"
    whole = whole_of(split, set(given))
    wanted: Split = "train" if whole == "training" else split
    if wanted not in given:
        beside = ", ".join(path.name for path in given.values())
        raise DataFault(f"{folder.name}: expected a folder {split} beside {beside}, got none")
    return given[wanted], whole


def _holds(folder: Path) -> bool:
    return next(iter(_files(folder)), None) is not None


def _files(folder: Path) -> list[Path]:
    """Return the images of a class, by name; links out of the folder are followed by nobody."""
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in ENDINGS and path.is_file() and not path.is_symlink()
    )


def _pixels(path: Path) -> np.ndarray:
    """Return an image's grey levels."""
    place = f"{path.parent.name}/{path.name}"
    try:
        with Image.open(path) as image:
            if image.width * image.height > MOST_PIXELS:
                raise DataFault(
                    f"{place}: expected at most {MOST_PIXELS} pixels, got "
                    f"{image.width}x{image.height}"
                )
            return np.asarray(image.convert("L"))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        first = str(error).splitlines()[0].replace(str(path.parent), "") if str(error) else ""
        raise DataFault(f"{place}: expected an image, got {first or 'none'}") from error
    except Image.DecompressionBombError as error:
        raise DataFault(f"{place}: expected a smaller image, got one of too many pixels") from error
