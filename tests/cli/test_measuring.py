"""What options become before anything is measured."""

from typing import Any

import pytest

from capsprobe.cli.asking import robustness_settings
from capsprobe.probes.base import probes
from capsprobe.study import Settings


def settings(**changed: Any) -> Settings:
    given: dict[str, Any] = {
        "epsilons": (),
        "budget": None,
        "dtype": "fp32",
        "config": None,
        "weights": None,
        "limit": None,
        "probes": ("adversarial", "strength"),
        "device": "cpu",
        "batch_size": "auto",
    }
    return robustness_settings(**(given | changed))


@pytest.mark.parametrize(
    ("budget", "spent"), [("quick", (20, 1, 40)), ("standard", (40, 2, 250)), (None, (20, 1, 40))]
)
def test_the_evidence_is_about_what_the_budget_spends(budget, spent) -> None:
    probe = probes["strength"](**settings(budget=budget).probe_settings.get("strength", {}))
    assert (probe.steps, probe.restarts, probe.queries) == spent


def test_a_file_has_the_last_word(tmp_path) -> None:
    path = tmp_path / "own.toml"
    path.write_text("[probe.strength]\nsteps = 7\n")
    found = settings(budget="standard", config=path).probe_settings["strength"]
    assert (found["steps"], found["restarts"]) == (7, 2)
