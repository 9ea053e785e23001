import ast
import re
from pathlib import Path
from xml.etree import ElementTree as ET

from odoo.tests import BaseCase, tagged

ADDON = Path(__file__).parents[1]

# What the agent may take from Odoo: it is there, and means the same, in 16, 17, 18 and 19.
ODOO = {
    "_": "the translation of a text, in the place of self.env._, which came with 18",
    "api.model": "methods of no record",
    "fields.Char": "texts",
    "fields.NO_ACCESS": "the groups of a field that only sudo reads",
    "fields.Datetime": "times, UTC",
    "fields.Datetime.now": "the time",
    "models.Model": "a stored model",
    "release.version": "what this Odoo is",
    "config": "the configuration, read like a dictionary",
}
# Attributes of records and cursors that the agent may use.
RECORDS = {
    "_fields": "the fields of a model by their names",
    "cr": "the cursor of an environment",
    "cursor": "another cursor of the same database, of a registry",
    "dbname": "the database of a cursor",
    "ensure_one": "one record",
    "env": "the environment",
    "execute": "SQL",
    "fetchall": "rows",
    "fetchone": "a row",
    "ref": "a record by its name",
    "registry": "of an environment",
    "search": "records",
    "sudo": "without access rights",
    "write": "store",
}
OWN = {
    "_keep", "_name", "_post", "answer", "backup_path", "database", "secret", "signing_key", "url",
}  # fmt: skip
LIBRARIES = {
    "hashlib", "hmac", "json", "logging", "os", "requests", "shutil", "threading", "time",
    "urllib3",
}  # fmt: skip
OF_LIBRARIES = re.compile(
    r"requests\.(post|codes\.ok|RequestException)|hmac\.new|hashlib\.sha256|json\.dumps|time\.time"
    r"|threading\.(Thread|enumerate)|urllib3\.exceptions\.HTTPError"
    r"|logging\.getLogger|os\.(path\.isdir|stat|scandir)|shutil\.disk_usage"
)
# Of what libraries and Python itself return.
OF_VALUES = {
    "append", "debug", "decode", "encode", "free", "hexdigest", "is_file", "items", "join", "name",
    "raw", "read", "reason", "st_mtime", "start", "startswith", "stat", "status_code", "strip",
    "used", "warning",
}  # fmt: skip
# Views of 16 have `attrs`, those of 17 conditions in Python: neither of them; lists and kanbans
# changed their names.
ELEMENTS = {
    "button", "field", "form", "function", "group", "header", "menuitem", "odoo", "p", "record",
    "sheet",
}  # fmt: skip
ATTRIBUTES = {
    "action", "class", "create", "delete", "eval", "groups", "id", "model", "name", "noupdate",
    "parent", "password", "placeholder", "ref", "sequence", "string", "type",
}  # fmt: skip


def sources():
    files = [*ADDON.glob("*.py"), *ADDON.glob("models/*.py")]
    return {file.name: file.read_text(encoding="utf-8") for file in files}


def dotted(node):
    """The name that an attribute is reached by, such as ``fields.Char``; else its last part."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


@tagged("post_install", "-at_install")
class TestVersions(BaseCase):
    """The files run unchanged on 16, 17, 18 and 19: they use nothing that not all of these have."""

    def test_python_of_odoo_16(self):
        for name, source in sources().items():
            with self.subTest(name):
                ast.parse(source, feature_version=(3, 7))

    def test_imports(self):
        for name, source in sources().items():
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.Import):
                    self.assertLessEqual({alias.name for alias in node.names}, LIBRARIES, name)
                elif isinstance(node, ast.ImportFrom) and not node.level:
                    self.assertIn(node.module, {"odoo", "odoo.tools"}, name)
                    imported = {alias.name for alias in node.names}
                    self.assertLessEqual(imported, {known.split(".")[0] for known in ODOO}, name)

    def test_names(self):
        roots = {known.split(".")[0] for known in ODOO}
        for name, source in sources().items():
            for node in ast.walk(ast.parse(source)):
                if not isinstance(node, ast.Attribute):
                    continue
                path = dotted(node)
                root = path.split(".")[0]
                if root in roots:
                    self.assertIn(path, ODOO, name)
                elif root in LIBRARIES:
                    known = OF_LIBRARIES.fullmatch(path) or path in {
                        "os.path", "requests.codes", "urllib3.exceptions",
                    }  # fmt: skip
                    self.assertTrue(known, f"{name}: {path}")
                else:
                    self.assertIn(node.attr, {*RECORDS, *OWN, *OF_VALUES}, f"{name}: {path}")

    def test_views_and_data(self):
        for file in ADDON.glob("*/*.xml"):
            for element in ET.parse(file).iter():  # noqa: S314 - files of ours
                self.assertIn(element.tag, ELEMENTS, file.name)
                self.assertLessEqual(set(element.attrib), ATTRIBUTES, file.name)

    def test_manifest(self):
        manifest = ast.literal_eval((ADDON / "__manifest__.py").read_text(encoding="utf-8"))
        # With a series in front, only that one would install it.
        self.assertRegex(manifest["version"], r"^\d+\.\d+\.\d+$")
        # Whose signatures differ between the versions.
        self.assertFalse([key for key in manifest if key.endswith("_hook")])
        self.assertEqual(manifest["depends"], ["base"])
