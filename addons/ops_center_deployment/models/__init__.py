from . import ops_deployment
from . import ops_deployment_step
from . import ops_environment
from . import ops_health_check
from . import ops_worker
