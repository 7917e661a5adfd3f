"""Where a study's jobs run: this machine, Slurm or Ray. Decides no result, so it is in no key."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from specbench.spec.section import Count, NotNegative, Positive, Section

Engine = Literal["local", "slurm", "ray"]


class SlurmSection(Section):
    """What an allocation asks of Slurm. What is not given is left to the cluster's defaults."""

    partition: str | None = None
    """Partition (queue) to submit to."""
    account: str | None = None
    """Account that is charged."""
    qos: str | None = None
    """Quality of service."""
    constraint: str | None = None
    """Features that a node must have."""
    time_minutes: Count = 60
    """Time limit of an allocation. What then still runs goes on from its last checkpoint."""
    warning_seconds: Count = 60
    """How long before the limit, or a preemption, the allocation hands its jobs back."""
    array: Count = 50
    """Most allocations submitted together, as one job array."""
    setup: list[str] = []
    """Shell lines that run on the node before anything else, such as `module load cuda`."""
    python: str | None = None
    """Python on the nodes; by default this one, which must then be on a shared file system."""
    extra: dict[str, str | int | bool] = {}
    """Further options of sbatch by name, such as `{nice = 100}`."""


class RaySection(Section):
    """What is asked of Ray."""

    address: str = "auto"
    """Address of the cluster: `auto` (of this machine, or of RAY_ADDRESS), or `host:port`."""
    resources: dict[str, Positive] = {}
    """Custom resources that one slot takes."""
    environment: dict[str, str] = {}
    """Environment variables of the workers."""
    shared: bool = True
    """Whether the results folder lies at the same place on every node. Where not, results are sent
    back through Ray's object store."""
    scratch: str | None = None
    """Folder on every node for what is sent to it, where the results folder is not shared; by
    default in the node's own folder for temporary files."""


class ExecutorSection(Section):
    """Where jobs run: this machine, Slurm or Ray. Changes no result."""

    kind: Engine = "local"
    """What runs the jobs; `run --executor` has the last word."""
    allocations: Count = 10
    """Most allocations (Slurm jobs, Ray actors) at once, queued ones included."""
    slots: Count = 1
    """Jobs that an allocation works on at once."""
    cpus: Positive = 1
    """Processor cores for each slot; Ray takes fractions."""
    gpus: NotNegative = 0
    """GPUs for each slot: 0.25 lets four slots share one."""
    memory_gb: Positive | None = None
    """Memory for each slot in gigabytes."""
    pack_minutes: NotNegative = 10
    """Estimated work that a slot should have to be worth asking for. Jobs are packed into fewer
    allocations while there is less."""
    ahead: NotNegative = 1
    """Jobs kept in the queue for every slot beside the one that it works on."""
    idle_seconds: NotNegative = 60
    """How long an allocation waits for further jobs before it ends."""
    lost_seconds: Positive = 120
    """How long nothing may be heard of an allocation before its jobs are given to others."""
    requeues: Annotated[int, Field(ge=0, le=1000)] = 5
    """How often a job goes on elsewhere when its allocation is lost, before it counts as failed."""
    data_jobs: Literal["here", "there"] = "there"
    """Where data is rendered and packed: on the machine of `run`, or in allocations. What lies only
    on this machine, and no shared file system, must be packed here."""
    depot: str | None = None
    """Address of an object store for result folders, such as `s3://bucket/results` (any of fsspec's
    file systems). Finished folders are put there whole or not at all, and taken from there."""
    slurm: SlurmSection = SlurmSection()
    """What Slurm is asked for."""
    ray: RaySection = RaySection()
    """What Ray is asked for."""
