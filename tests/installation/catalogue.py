"""What a database consists of: every object of its schema and every row of its tables."""

from contextlib import closing

import psycopg2
from psycopg2 import sql

# Name: query whose rows, as texts, describe the objects of a kind.
SCHEMA = {
    "relations": """
        SELECT relkind, relname FROM pg_class WHERE relnamespace = 'public'::regnamespace
    """,
    "columns": """
        SELECT attrelid::regclass, attname, format_type(atttypid, atttypmod), attnotnull,
               pg_get_expr(adbin, adrelid)
          FROM pg_attribute
          JOIN pg_class ON pg_class.oid = attrelid AND relnamespace = 'public'::regnamespace
     LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
         WHERE attnum > 0 AND NOT attisdropped
    """,
    "constraints": """
        SELECT conrelid::regclass, conname, pg_get_constraintdef(oid)
          FROM pg_constraint WHERE connamespace = 'public'::regnamespace
    """,
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal",
    "functions": """
        SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    """,
    "types": "SELECT typname FROM pg_type WHERE typnamespace = 'public'::regnamespace",
    "schemas": "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'",
    "extensions": "SELECT extname FROM pg_extension",
}
# Odoo writes them whenever it touches a row, to whatever end.
STAMPS = ["write_date", "write_uid"]


def schema(name):
    """Return all objects of database ``name`` as a set of (kind, description)."""
    with closing(psycopg2.connect(dbname=name)) as connection, connection.cursor() as cursor:
        objects = set()
        for kind, query in SCHEMA.items():
            cursor.execute(query)
            objects |= {(kind, " ".join(map(str, row))) for row in cursor}
        return objects


def rows(name, pattern="%"):
    """Return the rows of the tables like ``pattern``, as dictionaries by table."""
    with closing(psycopg2.connect(dbname=name)) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition"
            " AND relnamespace = 'public'::regnamespace AND relname LIKE %s",
            [pattern],
        )
        tables = [table for (table,) in cursor]
        content = {}
        for table in tables:
            query = sql.SQL("SELECT to_jsonb(row) - %s FROM {} AS row")
            cursor.execute(query.format(sql.Identifier(table)), [STAMPS])
            content[table] = [row for (row,) in cursor]
        return content
