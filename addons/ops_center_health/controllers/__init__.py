from . import agent
from . import heartbeat
from . import incident
from . import metrics
from . import sentinel
from . import status_page
