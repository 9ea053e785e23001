from . import deployment_log
from . import deployment_report
