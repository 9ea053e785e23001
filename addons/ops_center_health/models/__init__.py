from . import ir_cron
from . import res_company
from . import ops_worker
from . import ops_environment
from . import ops_health_self
from . import ops_health_check
from . import ops_health_incident
from . import ops_health_sample
