"""The kinds of definitions that a user's file may hold."""

from __future__ import annotations

from specbench.usercode.encoders import UserEncoders
from specbench.usercode.kind import Kind
from specbench.usercode.scores import UserScores
from specbench.usercode.sources import UserSources
from specbench.usercode.tasks import UserTasks

KINDS: tuple[Kind, ...] = (UserScores(), UserEncoders(), UserTasks(), UserSources())
"""Every kind; scores first, since most files hold nothing else."""
