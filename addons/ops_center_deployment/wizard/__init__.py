from . import ops_deployment_rollback
