from . import test_access
from . import test_finding
from . import test_instance
from . import test_scan
