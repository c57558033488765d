"""Settings of a study from what was typed: one function a kind of command."""

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from capsprobe.attacks.base import attacks
from capsprobe.attacks.budgets import BUDGETS
from capsprobe.claims.base import in_order
from capsprobe.claims.needs import needs
from capsprobe.cli.complaints import complaint
from capsprobe.cli.devices import resolve
from capsprobe.cli.options import integer, paths
from capsprobe.data.own import called_in_tables, is_own
from capsprobe.faults import UsageFault
from capsprobe.models.checkpoints import SHIPPED, manifest
from capsprobe.probes.base import probes
from capsprobe.study import Settings

_OPTIONS = {
    "training_seeds": "seed",
    "models": "model",
    "probes": "probe",
    "own_weights": "weights",
}
WITH_DECODER = ("capsnet-decoder", "cnn-decoder", "senet-decoder")
# Heads for the questions about routing, the network that was trained on attacks, and those for
# questions to an embedding. Beside capsnet, cnn and senet they would make the main job three times
# as long; who wants to know how robust they are names them.
UNLESS_NAMED = (
    "capsnet-article",
    "capsnet-attention",
    "capsnet-em",
    "capsnet-kmeans",
    "cnn-adversarial",
    "se-head",
    *WITH_DECODER,
)
# Shipped networks may have more, for claims: each costs as much as the first.
FIRST_SEEDS = (0, 1, 2)
ROBUSTNESS = ("adversarial", "affine", "corruption", "overlap", "spatial", "strength", "transfer")
# Those that look at a few images unless told how many.
LIMITED = (
    "adversarial",
    "corruption",
    "detection",
    "output-maps",
    "spatial",
    "strength",
    "transfer",
)
ROUTING = ("gate", "routing")
# Those that look into networks, at fewer images than there are unless told how many.
EMBEDDING = ("alignment", "deletion", "factors", "relations", "specificity")
# The probe that budget, precision and epsilons are for.
_ATTACKS = "adversarial"
# The probe that asks whether they were strong enough, of what they spend.
_EVIDENCE = "strength"


def robustness_settings(
    *,
    epsilons: tuple[float, ...],
    budget: str | None,
    dtype: str,
    config: Path | None,
    **options: Any,
) -> Settings:
    """Return checked settings; raise UsageFault with one line for the first that is wrong."""
    configured = _configured(config)
    given = {
        **({"budget": budget} if budget is not None else {}),
        **({"dtype": dtype} if dtype != "fp32" else {}),
        **({"linf": tuple(sorted(epsilons))} if epsilons else {}),
    }
    _check_attacked(options["probes"], given)
    configured.setdefault(_ATTACKS, {}).update(given)
    for key, value in _spent(budget).items():
        configured.setdefault(_EVIDENCE, {}).setdefault(key, value)
    if options["limit"] is not None:
        # Who says how many images are wanted gets them attacked too, however long it takes.
        for name in LIMITED:
            configured.setdefault(name, {}).setdefault("limit", options["limit"])
    return _settings(probe_settings=configured, unless_named=UNLESS_NAMED, **options)


def _spent(budget: str | None) -> dict[str, int]:
    """Return what PGD and Square spend within a budget; nothing where that is not known or said."""
    named = next((each for each in BUDGETS if each == budget), None)
    if named is None:
        return {}
    return {
        name: getattr(attacks[attack].within(named), name)
        for attack, names in (("pgd", ("steps", "restarts")), ("square", ("queries",)))
        for name in names
    }


def _check_attacked(chosen: tuple[str, ...], given: dict[str, Any]) -> None:
    """Raise UsageFault where something is said about attacks and no chosen probe runs them."""
    for name in chosen:
        probes[name]
    if given and _ATTACKS not in chosen:
        option = {"linf": "eps"}.get(first := next(iter(given)), first)
        raise UsageFault(f"expected a probe that attacks with --{option}, got {', '.join(chosen)}")


def routing_settings(*, iterations: int | None, config: Path | None, **options: Any) -> Settings:
    """Return checked settings; raise UsageFault with one line for the first that is wrong."""
    configured = _configured(config)
    if iterations is not None:
        configured.setdefault("routing", {})["iterations"] = iterations
    if options["limit"] is not None:
        # Who says how many images are wanted gets the children of all of them ablated.
        configured.setdefault("gate", {}).setdefault("limit", options["limit"])
    return _settings(probe_settings=configured, unless_named=WITH_DECODER, **options)


def question_settings(*, config: Path | None, **options: Any) -> Settings:
    """Return checked settings; raise UsageFault with one line for the first that is wrong."""
    configured = _configured(config)
    if options["limit"] is not None:
        for name in EMBEDDING:
            configured.setdefault(name, {}).setdefault("limit", options["limit"])
    unless_named = tuple(name for name in UNLESS_NAMED if name not in WITH_DECODER)
    return _settings(probe_settings=configured, unless_named=unless_named, **options)


def claims_settings(
    *, roles: dict[str, str], budget: str | None, config: Path | None, **options: Any
) -> Settings:
    """Return the settings of all that the claims need; raise UsageFault for the first mistake."""
    configured = _configured(config)
    asked = needs(in_order(), roles)
    if budget is not None:
        configured.setdefault(_ATTACKS, {})["budget"] = budget
        for key, value in _spent(budget).items():
            configured.setdefault(_EVIDENCE, {}).setdefault(key, value)
    if options["limit"] is not None:
        for name in {*LIMITED, *EMBEDDING, "gate"} & set(asked):
            configured.setdefault(name, {}).setdefault("limit", options["limit"])
    wanted = {model for held in asked.values() for model in held}
    given = _settings(
        probe_settings=configured,
        unless_named=(),
        probes=tuple(asked),
        models=tuple(sorted(wanted & (_trained(options) | set(roles.values())))),
        **options,
    )
    return given.model_copy(update={"asked": asked, "seeds_unless_named": ()})


def _trained(options: dict[str, Any]) -> set[str]:
    """Return the models that have a checkpoint of the dataset: without one, claims go untested."""
    held = manifest(_weights(options["weights"]).get("weights", SHIPPED))
    named = options["dataset"]
    base = called_in_tables(named) if is_own(named) else named
    views = {f"{base}{ending}" for ending in ("", "-placed", "-pairs")}
    return {entry.model for entry in held if entry.dataset in views}


def _settings(
    *,
    device: str,
    batch_size: str,
    weights: list[str] | None,
    unless_named: tuple[str, ...],
    **options: Any,
) -> Settings:
    given = {**options, **_weights(weights), "device": resolve(device)}
    # A folder of one's own is examined whole.
    if "weights" not in given:
        given |= {"unless_named": unless_named, "seeds_unless_named": FIRST_SEEDS}
    given["batch_size"] = None if batch_size == "auto" else integer("--batch-size", batch_size)
    try:
        return Settings(**given)
    except ValidationError as error:
        raise UsageFault(complaint(error, Settings, _OPTIONS)) from error


def _weights(given: list[str] | None) -> dict[str, Any]:
    """Return what is typed as settings: a folder of checkpoints, or files of one's own network."""
    found = paths("--weights", given)
    if len(found) == 1 and not found[0].is_file():
        if found[0].suffix in (".safetensors", ".xz") and not found[0].exists():
            raise UsageFault(f"--weights: expected a file, got {found[0].name}: there is none")
        return {"weights": found[0]}
    for path in found:
        if not path.is_file():
            raise UsageFault(
                f"--weights: expected one folder of checkpoints, or files, a training seed of one "
                f"model each, got {path.name} among {len(found)}"
            )
    return {"own_weights": found} if found else {}


def _configured(path: Path | None) -> dict[str, dict[str, Any]]:
    if path is None:
        return {}
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageFault(f"--config: expected a TOML file, got {path}: {error}") from error
    extra = sorted(content.keys() - {"probe"})
    parts = content.get("probe", {})
    tables = isinstance(parts, dict) and all(isinstance(each, dict) for each in parts.values())
    if extra or not tables:
        raise UsageFault(f"--config: expected tables [probe.NAME], got {extra or 'other values'}")
    return dict(parts)
