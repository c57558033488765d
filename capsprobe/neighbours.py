"""The modules beside a file of the user's own: what it imports from its folder, by reading it.

Two files may each have a `layers.py` beside them; and what a result is kept under has to change
where one of them does. Both are found without running anything.
"""

import ast
import hashlib
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

# Modules from beside files of the user's own that are imported, by name.
_ours: dict[str, Path] = {}


def neighbours(path: Path, root: Path | None = None) -> dict[str, Path]:
    """Return the modules below a folder, the file's by default, that a file imports, by name.

    Those that these import are among them, and the packages that they are in. What cannot be read
    or is no Python imports nothing.
    """
    path = path.resolve()
    root = path.parent if root is None else root.resolve()
    found: dict[str, Path] = {}
    waiting = [path]
    while waiting:
        for name, file in _imported(waiting.pop(), root):
            if file != path and name not in found:
                found[name] = file
                waiting.append(file)
    return found


def hash_of(path: Path, root: Path | None = None) -> str:
    """Return the SHA-256 of a file and of its neighbours."""
    held = neighbours(path, root)
    digest = hashlib.sha256(path.read_bytes())
    for name in sorted(held):
        digest.update(name.encode())
        digest.update(hashlib.sha256(held[name].read_bytes()).digest())
    return digest.hexdigest()


def forget(path: Path) -> None:
    """Have a file's neighbours imported anew when it is next asked for them."""
    for name in neighbours(path):
        if _ours.pop(name, None) is not None:
            sys.modules.pop(name, None)


@contextmanager
def within_reach(path: Path) -> Iterator[None]:
    """Let a file's neighbours be imported, and not another file's of the same names."""
    held, folder = neighbours(path), str(path.resolve().parent)
    for name, file in held.items():
        if _ours.get(name, file) != file:
            del _ours[name]
            sys.modules.pop(name, None)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    # Bytecode is taken for that of a file which was edited within the second, if its size is.
    written, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        yield
    finally:
        sys.dont_write_bytecode = written
        sys.path.remove(folder)
        for name, file in held.items():
            origin = getattr(sys.modules.get(name), "__file__", None)
            if origin is not None and Path(origin).resolve() == file:
                _ours[name] = file


def _imported(path: Path, root: Path) -> Iterator[tuple[str, Path]]:
    """Yield name and file of what one file imports below a folder."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return
    for name in dict.fromkeys(_names(tree, path, root)):
        parts = name.split(".")
        # To import `a.b.c` is to import `a` and `a.b` first.
        for length in range(1, len(parts) + 1):
            place = root.joinpath(*parts[:length])
            for file in (place / "__init__.py", place.with_suffix(".py")):
                if file.is_file():
                    yield ".".join(parts[:length]), file
                    break


def _names(tree: ast.Module, path: Path, root: Path) -> Iterator[str]:
    """Yield the full names that may be modules."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, path, root)
            if base is not None:
                # What is imported from a package may be one of its modules.
                yield from (".".join([*base, alias.name]) for alias in node.names)
                yield from [".".join(base)] if base else []


def _base(node: ast.ImportFrom, path: Path, root: Path) -> list[str] | None:
    """Return the parts of the name that `from` imports from; none where it leaves the folder."""
    named = node.module.split(".") if node.module else []
    if node.level == 0:
        return named
    package = path.parent
    for _ in range(node.level - 1):
        package = package.parent
    if not package.is_relative_to(root):
        return None
    return [*package.relative_to(root).parts, *named]
