"""A network from a file of the user's own, through the commands as a user types them."""

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import torch
from safetensors.torch import save_file

from capsprobe import load_images
from tests.cli.calling import answer
from tests.models.own import public_capsnet, toys

TOYS = Path(toys.__file__)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """Return the public capsule network, in a folder of its own, and its weights."""
    folder = tmp_path_factory.mktemp("public")
    code = Path(shutil.copy(public_capsnet.__file__, folder / "net.py"))
    torch.manual_seed(0)
    network, images = public_capsnet.capsnet(), load_images("digits", split="train")
    optimizer = torch.optim.Adam(network.parameters(), lr=3e-3)
    for _ in range(4):
        for rows in torch.randperm(len(images)).split(64):
            scores = network(images.images[rows])[0]
            loss = torch.nn.functional.nll_loss(scores.log(), images.labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    save_file(network.state_dict(), folder / "net.safetensors")
    return f"{code}:capsnet", folder / "net.safetensors"


def test_check_says_what_works_and_which_probes_it_joins(trained, monkeypatch, capsys) -> None:
    model, weights = trained
    status, out, _ = answer(monkeypatch, capsys, "check", model, "--weights", weights)
    assert status == 0
    assert "dynamic routing, 2 iterations, gives [0] as softmax of lengths" in " ".join(out.split())
    # It draws no image again; nothing else is missing.
    lacking = [line for line in out.splitlines() if "it lacks" in line]
    assert lacking and all("a decoder" in line or "capsprobe computes" in line for line in lacking)
    status, out, _ = answer(monkeypatch, capsys, "check", model, "--weights", weights, "--json")
    told = json.loads(out)
    assert {each["probe"] for each in told["probes"] if not each["lacks"]} >= {"routing", "gate"}


def test_check_ends_with_3_where_the_contract_is_broken(monkeypatch, capsys) -> None:
    status, out, _ = answer(monkeypatch, capsys, "check", f"{TOYS}:seven")
    assert status == 3
    assert "fault" in out and "expected 10 scores an image" in out


def test_check_says_which_abilities_a_plain_network_lacks(monkeypatch, capsys) -> None:
    status, out, _ = answer(monkeypatch, capsys, "check", f"{TOYS}:Linear")
    assert status == 0
    assert "no: it lacks votes that are routed" in out
    assert "little better than chance" in out


def test_check_says_all_of_a_network_that_is_another_each_time(
    monkeypatch, capsys, tmp_path
) -> None:
    code = tmp_path / "own.py"
    code.write_text("import torch\ndef net():\n    return torch.nn.Linear(784, 10)\n")
    status, out, _ = answer(monkeypatch, capsys, "check", f"{code}:net")
    assert status == 3
    told = " ".join(out.split())
    assert "gradient ok" in told
    assert "made again fault expected the same weights each time it is made" in told


def test_check_takes_one_training_at_a_time(monkeypatch, capsys) -> None:
    two = ("--weights", "a.safetensors", "--weights", "b.safetensors")
    status, out, err = answer(monkeypatch, capsys, "check", f"{TOYS}:Linear", *two)
    assert (status, out) == (2, "")
    assert err.endswith(
        "--weights: expected one file or folder here, got 2: a.safetensors, b.safetensors\n"
    )


def test_check_takes_shipped_models_too(monkeypatch, capsys) -> None:
    status, out, _ = answer(monkeypatch, capsys, "check", "capsnet")
    assert status == 0
    assert "dynamic routing, 3 iterations" in out


@pytest.mark.slow
def test_robustness_and_routing_run_on_it(trained, monkeypatch, capsys, tmp_path) -> None:
    model, weights = trained
    asked = ("--model", model, "--weights", weights, "--limit", 4, "-q", "--jobs", 1)
    probes = ("--probe", "affine,detection")
    first = tmp_path / "robustness"
    assert answer(monkeypatch, capsys, "robustness", *asked, *probes, "--output", first)[0] == 0
    table = pd.read_csv(first / "tables" / "affine.csv")
    assert set(table.model) == {"own-capsnet"}
    second = tmp_path / "routing"
    assert answer(monkeypatch, capsys, "routing", *asked, "--output", second)[0] == 0
    assert "swap/uniform" in set(pd.read_csv(second / "tables" / "routing.csv").condition)
    # What was finished is taken, for the network is the same.
    status, out, _ = answer(monkeypatch, capsys, "routing", *asked, "--output", second, "--json")
    assert (status, set(json.loads(out)["cells"]) - {"cached"}) == (
        0,
        {"done", "failed", "missing"},
    )
    assert json.loads(out)["cells"]["done"] == 0


@pytest.mark.parametrize(
    ("arguments", "status", "line"),
    [
        (
            ("routing", "--model", f"{TOYS}:Linear"),
            2,
            "expected a model with gates or votes that are routed",
        ),
        (("robustness", "--model", "net.py"), 2, "expected FILE.py:FUNCTION"),
        (
            ("robustness", "--model", f"{TOYS}:Linear", "--weights", "none.safetensors"),
            2,
            "--weights: expected a file, got none.safetensors: there is none",
        ),
        (("robustness", "--weights", ""), 2, "--weights: expected at least one value"),
        (("robustness", "--model", "nowhere.py:net"), 3, "expected a file, got nowhere.py"),
        (("robustness", "--model", f"{TOYS}:Raising"), 3, "RuntimeError: no weights"),
        (("robustness", "--model", f"{TOYS}:NotFinite"), 3, "NaN or infinity"),
        (
            ("robustness", "--model", "capsnet", "--weights", TOYS),
            2,
            "expected one --model of your own that they are of, got 0",
        ),
        (
            ("robustness", "--model", f"{TOYS}:Linear", "--dataset", "digits-pairs"),
            2,
            "expected the name of a base dataset",
        ),
        (
            ("robustness", "--model", f"{TOYS}:Linear", "--routing", "uniform"),
            2,
            "--routing: expected a model with routing",
        ),
    ],
)
def test_what_cannot_be_is_one_line(arguments, status, line, monkeypatch, capsys, tmp_path) -> None:
    found, out, err = answer(monkeypatch, capsys, *arguments, "--output", tmp_path / "run")
    assert (found, out) == (status, "")
    assert line in err and err.count("\n") == 1


def test_a_network_that_wants_other_pixels_is_refused_with_what_to_say(
    monkeypatch, capsys, tmp_path
) -> None:
    images = load_images("digits", split="test")
    (tmp_path / "net.py").write_text(
        "import torch\n"
        "class Shifted(torch.nn.Module):\n"
        "    def __init__(self):\n"
        "        super().__init__()\n"
        "        self.means = torch.nn.Parameter(torch.zeros(10, 784))\n"
        "    def forward(self, x):\n"
        "        seen = (x.flatten(1) * 0.5 + 0.5)\n"
        "        ground = (seen.amin(dim=1, keepdim=True) > 0.2).float()\n"
        "        return seen @ self.means.T * (1 - ground) - ground * torch.arange(10.0)\n"
        "def make():\n"
        "    return Shifted()\n"
    )
    chosen = [images.images[images.labels == k].mean(dim=0).flatten() for k in range(10)]
    means = torch.stack(chosen)
    save_file({"means": means - means.mean(dim=0)}, tmp_path / "net.safetensors")
    asked = ("--model", f"{tmp_path}/net.py:make", "--weights", tmp_path / "net.safetensors")
    status, _, err = answer(monkeypatch, capsys, "robustness", *asked, "--output", tmp_path / "run")
    assert status == 3
    assert "set `preprocessing = {'mean': 0.5, 'std': 0.5}` on it" in err
    # Four images are no evidence: the same network is measured as it is.
    few = ("--limit", 4, "--probe", "affine", "-q", "--jobs", 1)
    status, _, err = answer(
        monkeypatch, capsys, "robustness", *asked, *few, "--output", tmp_path / "few"
    )
    assert status == 0, err


@pytest.mark.parametrize(
    ("command", "probe", "condition"),
    [
        ("robustness", "transfer", "linf/Linear"),
        ("interpret", "alignment", "across/Linear"),
    ],
)
def test_a_network_of_ones_own_is_a_source_for_others(
    command, probe, condition, monkeypatch, capsys, tmp_path
) -> None:
    (tmp_path / "c.toml").write_text("[probe.alignment]\nfewest = 2\n", encoding="utf-8")
    asked = ("--model", f"{TOYS}:Linear,cnn", "--seed", 0, "--limit", 40, "-q", "--jobs", 1)
    given = ("--probe", probe, "--config", tmp_path / "c.toml", "--output", tmp_path / "run")
    status, _, err = answer(monkeypatch, capsys, command, *asked, *given)
    assert status == 0, err
    table = pd.read_csv(tmp_path / "run" / "tables" / f"{probe}.csv")
    assert condition in set(table[table.model == "cnn"].condition)


def test_a_network_that_raises_on_many_images_is_one_line(monkeypatch, capsys, tmp_path) -> None:
    (tmp_path / "net.py").write_text(
        "import torch\n"
        "class Few(torch.nn.Linear):\n"
        "    def forward(self, images):\n"
        "        if len(images) > 7:\n"
        "            raise ZeroDivisionError('too many')\n"
        "        return super().forward(images.flatten(1))\n"
        "def net():\n"
        "    torch.manual_seed(0)\n"
        "    return Few(784, 10)\n",
        encoding="utf-8",
    )
    asked = ("--model", f"{tmp_path}/net.py:net", "--output", tmp_path / "run")
    status, out, err = answer(monkeypatch, capsys, "robustness", *asked)
    assert (status, out, err.count("\n")) == (3, "", 1)
    assert "ZeroDivisionError: too many (net.py:5)" in err
    status, out, _ = answer(monkeypatch, capsys, "check", f"{tmp_path}/net.py:net", "--json")
    findings = {each["what"]: each for each in json.loads(out)["findings"]}
    assert (status, findings["accuracy"]["state"]) == (3, "fault")
    assert "ZeroDivisionError: too many" in findings["accuracy"]["text"]


def test_what_the_contract_warns_of_stands_in_the_report(monkeypatch, capsys, tmp_path) -> None:
    (tmp_path / "net.py").write_text(
        "import torch\n"
        "class Company(torch.nn.Linear):\n"
        "    def forward(self, images):\n"
        "        scores = super().forward(images.flatten(1))\n"
        "        return scores - scores.mean(dim=0)\n"
        "def net():\n"
        "    torch.manual_seed(0)\n"
        "    return Company(784, 10)\n",
        encoding="utf-8",
    )
    asked = ("--model", f"{tmp_path}/net.py:net", "--probe", "affine", "--limit", 8, "-q")
    given = ("--jobs", 1, "--output", tmp_path / "run")
    assert answer(monkeypatch, capsys, "robustness", *asked, *given)[0] == 0
    page = (tmp_path / "run" / "index.html").read_text(encoding="utf-8")
    assert "Network brought along." in page
    assert "an image&#39;s scores depend on the others of its batch" in page
