from . import deployment_api
from . import deployment_log
from . import deployment_report
