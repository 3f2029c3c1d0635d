"""The public names of vmlab.host, with their types."""

from vmlab.host.compared import Comparison as Comparison
from vmlab.host.compared import Row as Row
from vmlab.host.compared import Told as Told
from vmlab.host.comparing import compare as compare
from vmlab.host.observed import snapshot as snapshot
from vmlab.host.pictures import draw as draw
from vmlab.host.reading import Reading as Reading
from vmlab.host.reading import Unread as Unread
from vmlab.host.replay_run import Run as Run
from vmlab.host.replay_steps import Step as Step
from vmlab.host.replaying import Replay as Replay
from vmlab.host.replaying import replay as replay
from vmlab.host.saved import EXAMPLES as EXAMPLES
from vmlab.host.saved import load as load
from vmlab.host.saved import read as read
from vmlab.host.saved import save as save
from vmlab.host.strace_log import StraceLog as StraceLog
from vmlab.host.strace_log import read_strace as read_strace
from vmlab.host.watching import watch as watch
