def uninstall_hook(env):
    """Leave nothing behind."""
