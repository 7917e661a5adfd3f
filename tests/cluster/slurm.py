"""A real Slurm of one node on loopback: munged, slurmctld and slurmd, started in about a second."""

from __future__ import annotations

import os
import platform
import secrets
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

TOOLS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
_CONF = """\
ClusterName=specbench
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=batch_sched_delay=0,sched_interval=1,sched_min_interval=0,bf_interval=1
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
JobCompType=jobcomp/none
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmdParameters=config_overrides
ReturnToService=2
SlurmdTimeout=6
SlurmctldTimeout=10
KillWait=2
MinJobAge=2
JobRequeue=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=4000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """Return why no Slurm can be started here; '' where one can."""
    os.environ["PATH"] += ":/usr/sbin"
    absent = [tool for tool in TOOLS if shutil.which(tool) is None]
    if absent:
        return f"no {', '.join(absent)}: apt-get install slurm-wlm munge"
    if os.geteuid() != 0:
        return "Slurm's daemons are started as root only"
    try:
        import submitit  # noqa: F401
    except ImportError:
        return "no submitit: pip install 'specbench[slurm]'"
    return ""


class Slurm:
    """A cluster in a folder; ``SLURM_CONF`` leads to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("state", "spool", "munge"):
            (folder / name).mkdir(parents=True)
        os.chmod(folder / "munge", 0o700)  # noqa: PTH101
        (folder / "munge" / "key").write_bytes(secrets.token_bytes(1024))
        (folder / "munge" / "key").chmod(0o400)
        host = platform.node().partition(".")[0]
        text = _CONF.format(folder=folder, host=host, ports=[_port(), _port()])
        (folder / "slurm.conf").write_text(text)
        os.environ["SLURM_CONF"] = str(folder / "slurm.conf")

    def start(self) -> None:
        """Start the daemons; return when the node takes jobs."""
        munge = self.folder / "munge"
        names = {"key-file": "key", "pid-file": "pid", "log-file": "log", "seed-file": "seed"}
        options = [f"--{option}={munge / name}" for option, name in names.items()]
        _call("munged", "--force", f"--socket={munge / 'socket'}", *options)
        _call("slurmctld")
        self.start_node()

    def start_node(self) -> None:
        """Start slurmd; return when the node takes jobs."""
        _call("slurmd")
        until = time.monotonic() + 60
        while True:
            states = subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True)
            if states.stdout.strip() in ("idle", "mixed", "allocated"):
                return
            assert time.monotonic() < until, self.said()
            time.sleep(0.1)

    def kill_node(self) -> None:
        """Let the node die: its daemon, and all that runs in its jobs."""
        _kill(self._pid("slurmd.pid"))
        steps = [pid for pid in processes("slurmstepd") if str(self.folder) in environment(pid)]
        jobs = [pid for pid in processes("") if f"SLURM_CONF={self.folder}" in environment(pid)]
        for pid in {*steps, *(pid for pid in jobs if "SLURM_JOB_ID=" in environment(pid))}:
            _kill(pid)

    def stop(self) -> None:
        """End everything."""
        subprocess.run(["scancel", "-u", "root"], capture_output=True, check=False, timeout=30)
        self.kill_node()
        for name in ("slurmctld.pid", "munge/pid"):
            _kill(self._pid(name))

    def said(self) -> str:
        """Return the end of the daemons' logs."""
        logs = (self.folder / "slurmctld.log", self.folder / "slurmd.log")
        return "\n".join(log.read_text()[-2000:] for log in logs if log.exists())

    def _pid(self, name: str) -> int:
        try:
            return int((self.folder / name).read_text())
        except (OSError, ValueError):
            return 0


def processes(word: str) -> list[int]:
    """Return the processes whose command line holds a word."""
    found = []
    for path in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word in (path / "cmdline").read_bytes().replace(b"\0", b" ").decode():
                found.append(int(path.name))
    return found


def environment(pid: int) -> str:
    """Return the environment of a process as text."""
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().replace(b"\0", b"\n").decode()
    except OSError:
        return ""


def working_on(log: Path) -> list[int]:
    """Return the processes whose output goes to a log: the workers of that job."""
    found = []
    for path in Path("/proc").glob("[0-9]*/fd/1"):
        with suppress(OSError):
            if os.readlink(path) == str(log):  # noqa: PTH115
                found.append(int(path.parts[2]))
    return found


def _port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def _call(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr


def _kill(pid: int) -> None:
    if pid > 1 and pid != os.getpid():
        with suppress(OSError):
            os.kill(pid, signal.SIGKILL)
