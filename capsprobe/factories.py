"""Functions of the user's own, named as `package.module:function` or `path/to/file.py:function`.

Their code is run because the user asked for it. What goes wrong in it is told in one line, with the
place in their file.
"""

import hashlib
import importlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from capsprobe.faults import Fault
from capsprobe.neighbours import forget, hash_of, within_reach
from capsprobe.registry import unknown

# What the files that are imported were when they were, by the names of their modules or paths.
_sources: dict[str, str] = {}


@dataclass(frozen=True, kw_only=True)
class Named:
    """A module or file, and the function in it."""

    place: str
    function: str

    @property
    def is_file(self) -> bool:
        """Return whether the place is a file."""
        return self.place.endswith(".py")


def named(text: str) -> Named | None:
    """Return the two parts of `place:function`, none where the text is no such name."""
    place, colon, function = text.rpartition(":")
    if not colon or not place or not function.isidentifier():
        return None
    return Named(place=place, function=function)


def load_factory(text: str, fault: type[Fault]) -> Callable[..., Any]:
    """Return the function that a text names.

    Raises
    ------
    Fault
        Of the given kind, where there is no such module, file or function, or to import it fails.
    """
    asked = named(text)
    if asked is None:
        raise fault(f"expected package.module:function or file.py:function, got {text!r}")
    with _told(text, fault):
        module = _of_file(asked, fault) if asked.is_file else importlib.import_module(asked.place)
    found = getattr(module, asked.function, None)
    if found is None:
        have = tuple(name for name in vars(module) if not name.startswith("_"))
        raise fault(f"{asked.place}: {unknown('function', asked.function, have[:20])}")
    if not callable(found):
        raise fault(f"{text}: expected a function, got {type(found).__name__}")
    return found


def called(text: str, fault: type[Fault], *arguments: Any) -> Any:
    """Return what the function gives; raise the fault where it cannot be had or raises."""
    function, asked = load_factory(text, fault), named(text)
    assert asked is not None
    reach = within_reach(Path(asked.place)) if asked.is_file else nullcontext()
    with _told(text, fault), reach:
        return function(*arguments)


def source_hash(text: str, fault: type[Fault]) -> str:
    """Return the SHA-256 of the file in which the function stands, "" where it has none.

    With what the file imports from beside it, but for a library's.

    Raises
    ------
    Fault
        Of the given kind, where there is no such function, or its module was edited since it was
        imported.
    """
    asked = named(text)
    if asked is not None and asked.is_file:
        return hash_of(Path(asked.place)) if Path(asked.place).is_file() else ""
    function = load_factory(text, fault)
    try:
        path = inspect.getsourcefile(function)
    except TypeError:
        path = None
    if path is None or not Path(path).is_file():
        return ""
    if not _is_own(path):
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    source = hash_of(Path(path), _root(Path(path), str(getattr(function, "__module__", ""))))
    if _sources.setdefault(path, source) != source:
        # A module may be part of anything: to import it anew is the user's to decide.
        raise fault(
            f"{text}: expected it as it was imported, got it edited since; start Python anew"
        )
    return source


def trimmed(error: BaseException) -> str:
    """Return an error in one line, with the last place in a file that is not a library's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if _is_own(frame.filename)]
    first = str(error).strip().splitlines()[0] if str(error).strip() else ""
    text = f"{type(error).__name__}: {first}" if first else type(error).__name__
    if isinstance(error, SyntaxError) and error.filename:
        return f"{text} ({Path(error.filename).name}:{error.lineno})"
    return f"{text} ({Path(own[-1].filename).name}:{own[-1].lineno})" if own else text


@contextmanager
def _told(text: str, fault: type[Fault]) -> Iterator[None]:
    """Turn whatever the user's code raises into a fault; Ctrl-C stays what it is."""
    try:
        yield
    except (Fault, KeyboardInterrupt):
        raise
    except SystemExit as error:
        raise fault(f"{text}: expected a value, got sys.exit({error.code!r})") from error
    except BaseException as error:
        raise fault(f"{text}: {trimmed(error)}") from error


def _of_file(asked: Named, fault: type[Fault]) -> ModuleType:
    """Return a file as a module of a name of its own; modules beside it can be imported."""
    path = Path(asked.place)
    if not path.is_file():
        raise fault(f"expected a file, got {asked.place}: there is none")
    name = f"capsprobe_file_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:16]}"
    source = hash_of(path)
    if name in sys.modules:
        if _sources.get(name) == source:
            return sys.modules[name]
        # It was edited since, as in a notebook.
        forget(path)
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    # Under its name first: dataclasses and pickling look there.
    sys.modules[name] = module
    try:
        with within_reach(path):
            # Bytecode may be of a file of the same second and size.
            exec(compile(path.read_bytes(), str(path), "exec"), module.__dict__)
    except BaseException:
        del sys.modules[name]
        raise
    _sources[name] = source
    return module


def _root(path: Path, module: str) -> Path:
    """Return the folder from which a module of a file is imported by its name.

    The file's own where the name is not that of the file, as a decorated function's may be.
    """
    path = path.resolve()
    place = path.parent if path.name == "__init__.py" else path.with_suffix("")
    parts = tuple(module.split("."))
    if place.parts[-len(parts) :] != parts:
        return path.parent
    return place.parents[len(parts) - 1]


def _is_own(filename: str) -> bool:
    libraries = ("site-packages", "importlib", "/capsprobe/", "<frozen", "/lib/python")
    return not any(part in filename.replace("\\", "/") for part in libraries)
