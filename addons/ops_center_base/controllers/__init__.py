from . import raw
from . import readiness
