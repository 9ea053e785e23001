from . import test_deployment
from . import test_latency_chart
from . import test_observe
from . import test_record
from . import test_snapshot
from . import test_states
from . import test_views
from . import test_webhook
