from . import ops_health_agent_setup
from . import ops_health_metrics_setup
from . import ops_health_check_code
from . import ops_health_check_code_line
from . import ops_health_sentinel_setup
