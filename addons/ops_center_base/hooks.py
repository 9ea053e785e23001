from .pause import wait_for_workers


def post_init_hook(env):
    """The database that Ops Center is installed in is the original."""
    env["ops.instance"]._bind()


def uninstall_hook(env):
    """Leave nothing behind."""
    wait_for_workers(env)
    env["ops.instance"]._unbind()
