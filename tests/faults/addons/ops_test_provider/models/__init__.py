from . import ops_operation
from . import ops_test_naive
from . import ops_worker
