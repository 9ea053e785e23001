from . import test_access
from . import test_environment
from . import test_event
from . import test_notification
from . import test_secret
from . import test_transport
