from . import test_access
from . import test_home
from . import test_settings
from . import test_tours
