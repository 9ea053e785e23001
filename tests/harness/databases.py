"""Databases for tests that commit for real: clones of one template, dropped afterwards.

The template holds all our addons, freshly installed; ``tools/test.py`` makes it and names it in
the environment variable ``OPS_CENTER_TEST_TEMPLATE``.
"""

import os
import shutil
import subprocess
import uuid
from contextlib import contextmanager
from pathlib import Path

TEMPLATE_VARIABLE = "OPS_CENTER_TEST_TEMPLATE"


def template_name():
    """Return the name of the template database.

    :raises RuntimeError: when the run was not started by ``make test``
    """
    try:
        return os.environ[TEMPLATE_VARIABLE]
    except KeyError:
        raise RuntimeError(
            f"{TEMPLATE_VARIABLE} names no template database; run the tests with `make test`."
        ) from None


def _filestore(data_dir, name):
    return Path(data_dir, "filestore", name)


def drop(name, data_dir):
    """Drop database ``name`` with its files, ending connections that are left over."""
    subprocess.run(["dropdb", "--if-exists", "--force", name], check=True)
    shutil.rmtree(_filestore(data_dir, name), ignore_errors=True)


@contextmanager
def clone(source, data_dir, name=None):
    """Yield the name of a copy of database ``source``, files included; drop it at the end.

    :param source: database to copy; nobody may be connected to it
    :param data_dir: Odoo's data directory, where the file stores are
    :param name: name of the copy; a unique one without it
    """
    name = name or f"ops_test_{uuid.uuid4().hex[:12]}"
    subprocess.run(["createdb", "--template", source, name], check=True)
    if _filestore(data_dir, source).is_dir():
        # Attachments are never changed in place, so hard links are copies enough.
        shutil.copytree(
            _filestore(data_dir, source), _filestore(data_dir, name), copy_function=os.link
        )
    try:
        yield name
    finally:
        drop(name, data_dir)


def execute(name, query, parameters=()):
    """Run one SQL statement on database ``name`` and commit; return its rows, if it has any."""
    import psycopg2  # noqa: PLC0415 - only tests with a database need it

    connection = psycopg2.connect(dbname=name)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(query, parameters)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()
