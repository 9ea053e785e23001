from . import ops_home
from . import res_config_settings
