"""A Slurm of one machine: its own key, daemons and ports on the loopback interface, ended by their ids."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from program import HANGS_AFTER_S
from servers import free_port, running

_DAEMONS = ("munged", "slurmctld", "slurmd")

needs_slurm = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, (*_DAEMONS, "sbatch"))),
    reason="needs root and Slurm: apt-get install slurmctld slurmd slurm-client munge",
)

# No groups of the kernel, no accounts, and tasks that are nothing but processes.
_CONFIGURATION = """
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket={folder}/munge.socket
SlurmctldPort={controller}
SlurmdPort={node}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
SchedulerParameters=sched_interval=2,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs={n_cpus} State=UNKNOWN
PartitionName=all Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


@contextmanager
def slurm(folder: Path) -> Iterator[dict[str, str]]:
    """Run Slurm; yield the environment in which ``sbatch`` talks to it."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    key, configuration = folder / "munge.key", folder / "slurm.conf"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    host = socket.gethostname().partition(".")[0]
    configuration.write_text(
        _CONFIGURATION.format(
            host=host, folder=folder, controller=free_port(), node=free_port(), n_cpus=os.cpu_count() or 1
        )
    )
    environment = {**os.environ, "SLURM_CONF": str(configuration)}
    # Folders of tests are closed to others, which --force allows.
    places = [
        f"--{name}={folder}/munge.{name.partition('-')[0]}" for name in ("socket", "pid-file", "log-file", "seed-file")
    ]
    commands = (
        ["munged", "--foreground", "--force", f"--key-file={key}", *places],
        ["slurmctld", "-D", "-f", str(configuration)],
        ["slurmd", "-D", "-f", str(configuration), "-N", host],
    )
    with ExitStack() as stack:
        for command in commands:
            log = stack.enter_context(open(folder / f"{command[0]}.out", "wb"))
            stack.enter_context(running(command, env=environment, stdout=log, stderr=log))
            if command[0] == "munged":
                _wait_for(lambda: (folder / "munge.socket").exists(), folder)
        _wait_for(lambda: "idle" in _answer("sinfo", "-h", "-o", "%T", environment=environment), folder)
        yield environment


def _answer(*command: str, environment: dict[str, str]) -> str:
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=HANGS_AFTER_S).stdout


def _wait_for(condition: Callable[[], bool], folder: Path) -> None:
    end = time.monotonic() + HANGS_AFTER_S
    while not condition():
        logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in sorted(folder.glob("*.[lo][ou][gt]")))
        assert time.monotonic() < end, logs
        time.sleep(0.2)
