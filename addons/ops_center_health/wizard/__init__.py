from . import ops_health_sentinel_setup
