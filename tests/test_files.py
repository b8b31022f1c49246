from __future__ import annotations

import gzip
import lzma
import os
import threading
from pathlib import Path

import pytest

from buddyalloc.files import (
    InputError,
    check_output,
    open_input,
    open_output,
    read_input,
)


def test_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no\.txt: there is no such file"):
        read_input(tmp_path / "no.txt")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="directory"):
        read_input(tmp_path)


@pytest.mark.parametrize("pack", [lzma.compress, gzip.compress])
def test_damaged_compression(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "cut"
    path.write_bytes(pack(os.urandom(5000))[:-2000])  # type: ignore[operator]
    with pytest.raises(InputError, match="damaged or cut off"):
        read_input(path)


@pytest.mark.parametrize("pack", [bytes, lzma.compress, gzip.compress])
def test_compression_is_told_by_content(tmp_path: Path, pack: object) -> None:
    path = tmp_path / "any.name"
    path.write_bytes(pack(b"text\n" * 1000))  # type: ignore[operator]
    assert read_input(path) == b"text\n" * 1000


def test_compressed_through_a_pipe(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    writer = threading.Thread(
        target=fifo.write_bytes, args=(lzma.compress(b"x" * 10**5),)
    )
    writer.start()
    with open_input(fifo) as (stream, _):
        assert stream.read() == b"x" * 10**5
    writer.join()


def test_output_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out"
    path.write_text("old")
    with pytest.raises(TypeError), open_output(path) as file:
        file.writelines([b"half", "no bytes"])
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["out"]
    with open_output(path) as file:
        file.write(b"new")
    assert path.read_text() == "new"
    assert os.listdir(tmp_path) == ["out"]


def test_output_that_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        check_output(tmp_path)
    with pytest.raises(InputError, match="there is no folder"):
        check_output(tmp_path / "no" / "out")


def test_a_device_is_written_to_directly() -> None:
    with open_output(os.devnull) as file:
        file.write(b"gone")
    assert not Path(os.devnull).is_file()
