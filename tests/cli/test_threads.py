import os

import pytest
import torch

from capsprobe.cli import threads


@pytest.fixture(autouse=True)
def restored(monkeypatch):
    before = torch.get_num_threads()
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    yield
    torch.set_num_threads(before)


def test_a_share_of_the_cores_is_all_that_is_used(monkeypatch, tmp_path):
    quota = tmp_path / "cpu.max"
    quota.write_text("50000 100000\n")
    monkeypatch.setattr(threads, "_QUOTA", quota)
    assert threads.use_threads() == 1 == torch.get_num_threads()


@pytest.mark.parametrize("text", ["max 100000\n", "", "nonsense"])
def test_without_a_limit_the_cores_count(monkeypatch, tmp_path, text):
    quota = tmp_path / "cpu.max"
    quota.write_text(text)
    monkeypatch.setattr(threads, "_QUOTA", quota)
    torch.set_num_threads(4)
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0, 5}, raising=False)
    assert threads.use_threads() == 2


def test_who_says_how_many_is_obeyed(monkeypatch):
    torch.set_num_threads(3)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: {0}, raising=False)
    assert threads.use_threads() == 3
