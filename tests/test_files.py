import os
import signal
import subprocess
import sys

import pytest

from capsprobe import files
from capsprobe.files import check_writable, sweep, write_atomically, write_text

KILLED = """
import os, signal, sys
from pathlib import Path
from capsprobe.files import write_atomically

def write(part):
    part.write_text("half of the ne")
    os.kill(os.getpid(), signal.SIGKILL)

write_atomically(Path(sys.argv[1]), write)
"""


def test_text_is_written_as_it_is(tmp_path):
    path = tmp_path / "new" / "folder" / "file.txt"
    write_text(path, "ä\r\n✓\n")
    assert path.read_bytes() == "ä\r\n✓\n".encode()


def test_the_old_file_is_replaced(tmp_path):
    path = tmp_path / "file.txt"
    for text in ("old and longer", "new"):
        write_text(path, text)
    assert path.read_text() == "new"


def test_an_error_leaves_the_old_file_and_no_other(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "old")

    def write(part):
        part.write_text("half")
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space left"):
        write_atomically(path, write)
    assert [item.name for item in tmp_path.iterdir()] == ["file.txt"]
    assert path.read_text() == "old"


def test_a_kill_leaves_the_old_file(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "old")
    done = subprocess.run([sys.executable, "-c", KILLED, path], check=False)
    assert done.returncode == -signal.SIGKILL
    assert path.read_text() == "old"


def test_what_a_kill_leaves_behind_is_named_as_a_part(tmp_path):
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "file.txt"], check=False)
    (left,) = tmp_path.iterdir()
    assert left.name.startswith(".file.txt.")
    assert left.suffix == ".part"


def test_the_new_file_never_shows_half(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "old")
    seen = []

    def write(part):
        part.write_text("new")
        seen.append(path.read_text())

    write_atomically(path, write)
    assert seen == ["old"]


def test_others_may_read_what_was_written(tmp_path):
    path = tmp_path / "file.txt"
    write_text(path, "text")
    assert os.stat(path).st_mode & 0o777 == 0o644


def test_a_folder_is_proved_writable_by_two_runs_at_once(tmp_path, monkeypatch):
    def beaten(path, text):
        write_text(path, text)
        path.unlink()

    monkeypatch.setattr(files, "write_text", beaten)
    check_writable(tmp_path / "cells")
    assert not list((tmp_path / "cells").iterdir())


def test_what_a_killed_writer_left_is_swept_and_what_is_being_written_stays(tmp_path):
    below = tmp_path / "cells"
    write_text(below / "kept", "whole")
    left = below / ".lost.abc123.part"
    left.write_bytes(b"half")
    os.utime(left, (0.0, 0.0))
    fresh = below / ".fresh.abc123.part"
    fresh.write_bytes(b"just begun")

    def write(part):
        part.write_bytes(b"slowly")
        os.utime(part, (0.0, 0.0))
        sweep(tmp_path)

    write_atomically(below / "slow", write)
    assert sorted(path.name for path in below.iterdir()) == [fresh.name, "kept", "slow"]
    assert (below / "slow").read_bytes() == b"slowly"
