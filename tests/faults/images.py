"""Images, options, networks that are not there, terminals and clocks: kinds 14, 15, 20 to 22."""

import io
import json
import locale
import shutil
import socket
import struct
import sys
import time
import urllib.error
from pathlib import Path
from typing import Any

import numpy as np
import torchvision
from PIL import Image

from tests.faults.runs import CELLS, facts, tables
from tests.faults.table import Bench, Told, commands, row

RNG = np.random.default_rng(0)
LEVELS = RNG.integers(0, 250, (60, 28, 28), dtype=np.uint8)
LABELS = np.arange(60) % 10
ASKED = ("robustness", "--dry-run", "--probe", "affine", "--trained-on", "digits", "--dataset")


def arrays(case: str, images: np.ndarray, labels: np.ndarray, line: str, *, status: int) -> None:
    """Put an archive of images into the table; what is done to them is said on stderr."""

    @row(14, case, status=status, line=line)
    def given(bench: Bench) -> Told:
        np.savez(bench.home / "own.npz", images=images, labels=labels)
        told = bench.call(*ASKED, "own.npz", "--model", "cnn", "--seed", 0)
        assert status == 0 or told.err.count("\n") == 1
        return told


def taken(case: str, images: np.ndarray, labels: np.ndarray, line: str) -> None:
    arrays(case, images, labels, f"^note: .*{line}", status=0)


def refused(case: str, images: np.ndarray, labels: np.ndarray, line: str) -> None:
    arrays(case, images, labels, line, status=3)


taken("n", LEVELS, LABELS, "20 images of 10 classes in the split test".replace("20", r"\d+"))
taken("0 to 255", LEVELS.astype(float), LABELS, "pixels of 0 to 255 are divided by 255")
taken("-1 to 1", LEVELS / 125.0 - 1.0, LABELS, "pixels of -1 to 1 are moved to 0 to 1")
taken("colour", np.stack([LEVELS] * 3, axis=-1), LABELS, "colours are made grey")
taken("labels as floats", LEVELS, LABELS.astype(float), "whole numbers written as fractions")
taken("duplicates", LEVELS[LABELS], LABELS, "images are copies of others")
taken("a class is missing", LEVELS[:54], np.delete(LABELS, range(3, 60, 10)), "no image .* class 3")
refused("range", LEVELS / 100.0, LABELS, "expected pixels in .* got ")
refused("NaN", np.where(LEVELS > 240, np.nan, 0.5), LABELS, "expected finite pixels, got NaN")
refused("channels", np.stack([LEVELS] * 7, axis=1), LABELS, "expected images .n, height, width")
refused("labels from 1", LEVELS, LABELS + 1, "expected labels from 0 on, got 1..10")
refused("labels of halves", LEVELS, LABELS + 0.5, "expected whole numbers for labels, got 0.5")
refused("negative labels", LEVELS, LABELS - 1, "expected labels in 0.., got -1..8|expected labels")
refused("labels too high", LEVELS, LABELS * 200, r"expected labels in 0\.\.999, got 0\.\.1800")
refused("empty", LEVELS[:0], LABELS[:0], "own.npz: expected images, got none$")
refused("one class", LEVELS, LABELS * 0, "expected images of at least 2 classes, got 1")
refused("classes", LEVELS, LABELS % 3, "expected a checkpoint of cnn for digits")


@row(14, "an image cannot be read", status=3, line=r"d3/3\.png: expected an image, got")
def unreadable(bench: Bench) -> Told:
    for index, image in enumerate(LEVELS):
        (bench.home / "own" / f"d{LABELS[index]}").mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(bench.home / "own" / f"d{LABELS[index]}" / f"{index}.png")
    (bench.home / "own" / "d3" / "3.png").write_bytes(b"<html>")
    return bench.call(*ASKED, "own", "--model", "cnn", "--seed", 0)


@row(14, "an idx file is cut short", status=3, line="t10k-images-idx3-ubyte: expected 78.* got")
def truncated(bench: Bench) -> Told:
    header = struct.pack(">BBBBIII", 0, 0, 8, 3, 10_000, 28, 28)
    (bench.home / "t10k-images-idx3-ubyte").write_bytes(header + bytes(1000))
    return bench.call("robustness", "--dataset", "mnist", "--data-dir", bench.home)


@row(14, "a folder without classes", status=3, line="^capsprobe: here: expected a folder for each")
def no_classes(bench: Bench) -> Told:
    (bench.home / "here").mkdir()
    bench.patch.chdir(bench.home / "here")
    return bench.call("robustness", "--dataset", ".")


commands(
    15,
    ("robustness --limit 0", 2, "--limit: expected 1 or more, got 0$"),
    ("robustness --limit -1", 2, "--limit: expected 1 or more, got -1$"),
    ("robustness --limit 1e9", 2, "--limit.* integer"),
    ("robustness --eps -0.1", 2, "expected linf epsilons from 0 to 1, got -0.1$"),
    ("robustness --eps 1.5", 2, "expected linf epsilons from 0 to 1, got 1.5$"),
    ("robustness --eps nan", 2, "expected linf epsilons from 0 to 1, got nan$"),
    ("robustness --seed 0,0", 2, "--seed: expected each once, got 0 twice$"),
    ("robustness --budget quik", 2, "Did you mean 'quick'"),
    ("robustness --cell-timeout nan", 2, "--cell-timeout: expected more than 0"),
    ("robustness --config /", 2, "--config: expected a TOML file, got /"),
    (f"robustness --jobs {'9' * 5000}", 2, "--jobs: expected auto or a whole number, got '9"),
    ("claims --role capsnt=x", 2, "Did you mean 'capsnet'"),
    ("claims --fail-on robustness=refutd", 2, "Did you mean 'refuted'"),
    ("report nowhere --lang de", 2, "unknown language 'de'"),
    ("compare a b --margin nan", 2, "expected a margin of 0 to 1, got nan"),
)


def configured(text: str, line: str) -> None:
    """Put a configuration file that cannot be meant into the table."""

    @row(15, text, status=2, line=line)
    def given(bench: Bench) -> Told:
        (bench.home / "c.toml").write_text(text)
        told = bench.call("robustness", "--dry-run", "--config", "c.toml")
        assert told.err.count("\n") == 1
        return told


configured("[probe.adversarial]\nsteps = 0", "expected steps.* got 0|expected .*1.*got 0")
configured("[probe.affine]\nrotation = [0.0, 999.0]", "expected rotation from 0 to 180, got 999")
configured("[probe.adversarial]\nattacks = ['pgdd']", "unknown setting of probe adversarial")
configured("[probe.afine]\ncut = 0", "Did you mean 'affine'")


@row(15, "--limit 1000000000", status=0, line="note|^$")
def as_many_as_there_are(bench: Bench) -> Told:
    told = bench.call(
        *("robustness", "--dry-run", "--probe", "affine", "--model", "cnn", "--limit", 10**9)
    )
    assert "360 images" in told.out
    return told


def offline(bench: Bench) -> None:
    def none(*given: Any, **more: Any) -> None:
        raise OSError("no network")

    bench.patch.setattr(socket.socket, "connect", none)
    bench.patch.setattr(socket, "getaddrinfo", none)
    bench.patch.setenv("XDG_CACHE_HOME", str(bench.home / "cache"))


@row(20, "offline, by default", status=0, line="4 done")
def default_offline(bench: Bench) -> Told:
    offline(bench)
    return bench.run(bench.home / "run")


def download(case: str, error: Exception) -> None:
    """Put something that a download ends with into the table."""

    @row(20, case, status=4, line="mnist cannot be downloaded .*tried https?://.*--data-dir")
    def failed(bench: Bench) -> Told:
        offline(bench)

        def raising(*given: Any, **more: Any) -> None:
            raise error

        bench.patch.setattr(torchvision.datasets.MNIST, "download", raising)
        told = bench.call("robustness", "--dataset", "mnist")
        assert told.err.count("\n") == 1
        return told


download("offline", urllib.error.URLError("no network"))
download("HTTP 403", urllib.error.HTTPError("https://x", 403, "Forbidden", None, None))
download("HTML instead of a file", RuntimeError("File not found or corrupted."))


@row(20, "a file with another checksum", status=3, line="t10k-images-idx3-ubyte: expected SHA-256")
def checksum(bench: Bench) -> Told:
    header = struct.pack(">BBBBIII", 0, 0, 8, 3, 1, 28, 28)
    (bench.home / "t10k-images-idx3-ubyte").write_bytes(header + bytes(784))
    return bench.call("robustness", "--dataset", "mnist", "--data-dir", bench.home)


@row(21, "stdout that knows no Chinese", status=0)
def narrow_encoding(bench: Bench) -> Told:
    run = Path(shutil.copytree(bench.finished, bench.home / "\u6570\u5b57"))
    written = io.BytesIO()
    with bench.patch.context() as patch:
        patch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="latin-1"))
        told = bench.call("report", run)
        sys.stdout.flush()
    assert written.getvalue().endswith(b"\\u6570\\u5b57/index.html\n")
    return told


@row(21, "no terminal, TERM=dumb, ten columns", status=0, line="^4/4 cells, ")
def dumb(bench: Bench) -> Told:
    for name, value in (("TERM", "dumb"), ("COLUMNS", "10"), ("LINES", "2")):
        bench.patch.setenv(name, value)
    told = bench.run(bench.home / "run")
    assert "\x1b" not in told.err
    return told


@row(21, "a locale whose decimal point is a comma", status=0, line="4 done")
def comma(bench: Bench) -> Told:
    before = locale.setlocale(locale.LC_ALL)
    for name in ("de_DE.UTF-8", "de_DE", "tr_TR.UTF-8", "tr_TR", "C"):
        try:
            locale.setlocale(locale.LC_ALL, name)
            break
        except locale.Error:
            continue
    try:
        told = bench.run(bench.home / "run")
    finally:
        locale.setlocale(locale.LC_ALL, before)
    assert tables(bench.home / "run") == tables(bench.finished)
    return told


@row(22, "a clock that runs backwards, in another time zone", status=0, line="4 done")
def clock(bench: Bench) -> Told:
    ticks = iter(range(10**9, 0, -1000))
    bench.patch.setenv("TZ", "Pacific/Apia")
    time.tzset()
    bench.patch.setattr(time, "time", lambda: float(next(ticks)))
    told = bench.run(bench.home / "run")
    assert tables(bench.home / "run") == tables(bench.finished)
    bench.patch.undo()
    time.tzset()
    return told


@row(22, "two runs in the same second", status=0, line="4 cached")
def same_second(bench: Bench) -> Told:
    now = time.time()
    bench.patch.setattr(time, "time", lambda: now)
    run = bench.home / "run"
    assert bench.run(run).status == 0
    first = facts(run)
    told = bench.run(run, "--json")
    assert json.loads(told.out)["cells"]["cached"] == CELLS
    assert [cell["key"] for cell in facts(run)["cells"]] == [cell["key"] for cell in first["cells"]]
    return told
