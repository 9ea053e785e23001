"""Read or write what the database PGDATABASE was last prepared for, kept as its comment.

The comment goes with the database when that is dropped, and is not copied with a clone.
Run by the interpreter of the set-up, with the variables of the server:
``python database_stamp.py read`` or ``python database_stamp.py write STAMP``.
"""

import os
import sys

import psycopg2
import psycopg2.sql

READ = """
    SELECT COALESCE(shobj_description(oid, 'pg_database'), '')
      FROM pg_database
     WHERE datname = %s
"""


def main(action: str, stamp: str = "") -> None:
    """Print the stamp, or nothing without one, or write it."""
    name = os.environ["PGDATABASE"]
    connection = psycopg2.connect(dbname="postgres")
    with connection, connection.cursor() as cursor:
        if action == "write":
            database = psycopg2.sql.Identifier(name)
            cursor.execute(
                psycopg2.sql.SQL("COMMENT ON DATABASE {} IS %s").format(database), [stamp]
            )
        else:
            cursor.execute(READ, [name])
            print("".join(value for (value,) in cursor.fetchall()))


if __name__ == "__main__":
    main(*sys.argv[1:])
