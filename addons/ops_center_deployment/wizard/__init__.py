from . import ops_deployment_break_glass
from . import ops_deployment_rollback
from . import ops_environment_key
