from . import heartbeat
from . import sentinel
