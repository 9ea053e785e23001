"""The shipped configuration: every name in it is one that Odoo knows, and none is a secret."""

import configparser
import subprocess
import sys
from pathlib import Path

CONFIGURATION = Path(__file__).resolve().parents[2] / "config" / "odoo" / "odoo.conf"
PARSE = """
import sys
import odoo.init
from odoo.tools import config
config.parse_config(["-c", sys.argv[1]], setup_logging=True)
"""


def warnings_about(path):
    answer = subprocess.run(
        [sys.executable, "-c", PARSE, path], capture_output=True, text=True, check=True
    )
    return [line for line in answer.stderr.splitlines() if "WARNING" in line]


def test_odoo_knows_every_option(tmp_path):
    assert warnings_about(CONFIGURATION) == []
    misspelt = tmp_path / "odoo.conf"
    misspelt.write_text(CONFIGURATION.read_text() + "\ndb_filter = x\n")
    (warning,) = warnings_about(misspelt)
    assert "unknown option 'db_filter'" in warning


def test_exposes_one_database_and_holds_no_secret():
    parser = configparser.RawConfigParser()
    parser.read(CONFIGURATION)
    options = dict(parser["options"])
    assert options["list_db"] == "False"
    assert options["dbfilter"] == f"^{options['db_name']}$"
    assert not [name for name in options if "passw" in name or "token" in name]
