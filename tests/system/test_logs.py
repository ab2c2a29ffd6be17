import re
import subprocess
import sys

CODE = """
import logging, warnings
from tlcore.system.logs import log_to_stderr
log_to_stderr()
logging.getLogger("tlcore.runs").info("Training run %s", "a")
logging.getLogger("other").info("what another library says at leisure")
warnings.warn("of Python")
"""


def test_each_line_of_a_process_that_nobody_watches_has_its_time_and_level():
    result = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, check=True)
    first, *others = result.stderr.splitlines()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d{4} INFO Training run a", first)
    assert re.match(r"\d{4}-.* WARNING .*of Python", others[0])
    assert "at leisure" not in result.stderr
