"""A probe, a model, a routing, an attack is one file each: no list is edited.

`tests/added` holds one file for each. A fresh interpreter sees them as if they lay in the
package's own folders, so that nothing of this stays behind.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
HERE = ROOT / "tests" / "added"
CODE = f"""
import importlib, json
for room in ("attacks", "models", "probes", "routing"):
    importlib.import_module(f"capsprobe.{{room}}").__path__.append({str(HERE)!r} + "/" + room)
from capsprobe import load_images
from capsprobe.attacks.base import attacks
from capsprobe.models.base import Frame, models
from capsprobe.models.capsnet import CapsNet
from capsprobe.models.checkpoints import build
from capsprobe.probes.base import probes
from capsprobe.routing.base import routings

images = load_images("digits").limit(8)
small = Frame(width=8, types=2)
cnn = build("cnn", small, seed=0, decoder=False).eval()
matrix = build("matrix", small, seed=0, decoder=False).eval()
capsnet = CapsNet(small, routing="first", iterations=2).eval()
noisy = attacks["noise"]()(
    cnn, images.images, images.labels, epsilon=0.1, seed=0, output_map="scores"
)
print(json.dumps({{
    "names": [name for registry in (attacks, models, probes, routings) for name in registry],
    "model": list(matrix(images.images).shape),
    "routing": list(capsnet(images.images).shape),
    "attack": list(noisy.shape),
    "probe": list(probes["inversion"]()(cnn, images, part="inversion").observations.shape),
}}))
"""


@pytest.fixture(scope="module")
def printed():
    done = subprocess.run(
        [sys.executable, "-c", CODE], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("kind", "shape"),
    [("model", [8, 10]), ("routing", [8, 10]), ("attack", [8, 1, 28, 28]), ("probe", [16, 6])],
)
def test_a_new_file_is_used_by_its_name(printed, kind, shape):
    assert printed[kind] == shape


@pytest.mark.parametrize(
    "pair",
    [("matrix", "capsnet"), ("inversion", "affine"), ("first", "dynamic"), ("noise", "fgsm")],
)
def test_new_names_stand_beside_the_old_ones(printed, pair):
    assert set(pair) <= set(printed["names"])
