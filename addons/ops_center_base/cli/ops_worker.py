import sys

from odoo.cli import Command


class OpsWorker(Command):
    """Do the work of Ops Center: run checks, send operations and notifications.

    Runs beside the server until it is asked to end (SIGTERM, Ctrl-C). Any number of workers, on
    any number of hosts, may work on one database. Takes the options of the server.
    """

    name = "ops_worker"

    def run(self, args):
        # Odoo hides an ImportError at the top of this file behind "Unknown command".
        from odoo.tools import config

        config.parser.prog = self.prog
        config.parse_config(args, setup_logging=True)
        if len(config["db_name"]) != 1:
            sys.exit("The worker works on one database: name it with -d or db_name.")

        # Odoo loads this file as odoo.cli.ops_worker, so nothing is relative to the addon.
        # pylint: disable-next=odoo-addons-relative-import
        from odoo.addons.ops_center_base.worker import Worker

        Worker(config["db_name"][0]).run()
