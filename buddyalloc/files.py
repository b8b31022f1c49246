"""Files in and out: compressed input by content, output that is never half there."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, BinaryIO, cast

XZ = b"\xfd7zXZ\x00"
GZIP = b"\x1f\x8b"

CHUNK = 1 << 18
"""Bytes read at a time; they stay in the host's cache until they are parsed."""


class InputError(ValueError):
    """A file that cannot be read: names the file, the place and the remedy."""


@contextmanager
def open_input(path: str | os.PathLike[str]) -> Iterator[tuple[IO[bytes], BinaryIO]]:
    """Open a plain, .xz or .gz file, a pipe, or "-" for standard input.

    Gives the stream of the content and the raw file below it, whose position
    says how far reading has come. What is compressed is told by the first
    bytes, not by the name.
    """
    standard = os.fspath(path) == "-"
    try:
        raw = sys.stdin.buffer if standard else open(path, "rb")
    except FileNotFoundError:
        raise InputError(f"{path}: there is no such file") from None
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from None
    try:
        buffered = (
            raw if hasattr(raw, "peek") else io.BufferedReader(cast(io.RawIOBase, raw))
        )
        head = buffered.peek(len(XZ))[: len(XZ)]
        stream: IO[bytes] = buffered
        if head.startswith(XZ):
            stream = cast(IO[bytes], lzma.open(buffered))
        elif head.startswith(GZIP):
            stream = cast(IO[bytes], gzip.open(buffered))
        yield stream, cast(BinaryIO, raw)
    except (lzma.LZMAError, gzip.BadGzipFile, EOFError) as error:
        raise InputError(
            f"{path}: the compressed data is damaged or cut off ({error}); "
            "copy the file again"
        ) from None
    finally:
        if not standard:
            raw.close()


def read_input(path: str | os.PathLike[str]) -> bytes:
    """The whole content of a plain or compressed file."""
    with open_input(path) as (stream, _):
        return stream.read()


@contextmanager
def open_output(path: str | os.PathLike[str]) -> Iterator[BinaryIO]:
    """Write a file under a temporary name and rename it when all is written."""
    target = Path(path)
    check_output(target)
    if target.exists() and not target.is_file():  # /dev/null, /dev/stdout
        with open(target, "wb") as file:
            yield file
        return
    handle, name = tempfile.mkstemp(
        prefix=f".{target.name}.", suffix=".tmp", dir=target.parent
    )
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(name, 0o666 & ~umask)
        os.replace(name, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise


def check_output(path: str | os.PathLike[str]) -> None:
    """InputError when a file of this name cannot be written."""
    target = Path(path)
    if target.is_dir():
        raise InputError(f"{target}: is a folder; give the name of a file")
    if not target.parent.is_dir():
        raise InputError(f"{target}: there is no folder {target.parent}; make it")
    if not os.access(target.parent, os.W_OK):
        raise InputError(f"{target}: the folder {target.parent} cannot be written to")


def write_output(path: str | os.PathLike[str], content: bytes | str) -> None:
    """Write the whole content of a file, or leave what was there."""
    with open_output(path) as file:
        file.write(content.encode() if isinstance(content, str) else content)
