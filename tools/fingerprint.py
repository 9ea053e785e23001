"""Digests that tell whether a step of the set-up has to be done again."""

import hashlib
from pathlib import Path


def of_file(file: Path) -> str:
    """Return a digest of the content of ``file``."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def of_tree(folder: Path) -> str:
    """Return a digest of every file below ``folder``, Python's caches left out."""
    digest = hashlib.sha256()
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix != ".pyc":
            digest.update(f"{file.relative_to(folder)}\0{of_file(file)}\0".encode())
    return digest.hexdigest()
