from . import deployment_report
