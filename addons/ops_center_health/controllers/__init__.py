from . import heartbeat
from . import incident
from . import sentinel
