from . import ops_health_metrics_setup
from . import ops_health_sentinel_setup
