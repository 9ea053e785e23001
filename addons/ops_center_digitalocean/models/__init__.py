from . import ops_deployment
from . import ops_digitalocean_account
from . import ops_digitalocean_app
from . import ops_digitalocean_component
from . import ops_environment
from . import ops_worker
