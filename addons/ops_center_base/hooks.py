def post_init_hook(env):
    """The database that Ops Center is installed in is the original."""
    env["ops.instance"]._bind()


def uninstall_hook(env):
    """Leave nothing behind."""
    env["ops.instance"]._unbind()
