from . import ops_agent
