"""What is wrong with an option, in one line, where its value did not fit the settings' model."""

from collections.abc import Mapping

from pydantic import BaseModel, ValidationError


def complaint(error: ValidationError, model: type[BaseModel], options: Mapping[str, str]) -> str:
    """Return the line for the first thing that is wrong: "--limit: expected 1 or more, got 0".

    `options` has the names of options that are not called as their fields.
    """
    first = error.errors()[0]
    field = str(first["loc"][0])
    option = f"--{options.get(field, field.replace('_', '-'))}"
    if first["type"] == "value_error":
        # One of our own, which says what came.
        return f"{option}: {first['ctx']['error']}"
    wanted = _range(model, field) or first["msg"].removeprefix("Input should be ")
    return f"{option}: expected {wanted}, got {first['input']!r}"


def _range(model: type[BaseModel], field: str) -> str:
    """Return from where to where a field's values go, "" where it is not about numbers."""
    bounds = {
        name: getattr(each, name)
        for each in model.model_fields[field].metadata
        for name in ("ge", "gt", "le")
        if hasattr(each, name)
    }
    if {"ge", "le"} <= bounds.keys():
        return "{ge:g} to {le:g}".format(**bounds)
    words = {"ge": "{:g} or more", "gt": "more than {:g}", "le": "up to {:g}"}
    return " and ".join(words[name].format(value) for name, value in bounds.items())
