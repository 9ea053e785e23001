from . import ops_finding_decision
