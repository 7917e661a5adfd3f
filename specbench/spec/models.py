"""The models of a study: every section, field, type, default and what it means.

``docs/spec.md`` and the JSON Schema are generated from the docstrings here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from specbench.spec.data import Data, PublishedData, SampleData
from specbench.spec.executor import ExecutorSection
from specbench.spec.section import MOST, Count, Location, Name, NotNegative, Positive, Section, Seed
from specbench.spec.transfer_models import TransferSection

_MOST_SEEDS = 1000


class StudySection(Section):
    """Who the study is and how often it is repeated."""

    name: Annotated[
        str, Field(max_length=100, pattern=r"^(|[^./\x00-\x1f\x7f][^/\x00-\x1f\x7f]*)$")
    ] = ""
    """Name in the store and of the report's folder; by default the spec's file name."""
    title: str = ""
    """Headline of the report; by default the name."""
    seeds: (
        Annotated[list[Seed], Field(max_length=_MOST_SEEDS)]
        | Annotated[int, Field(ge=1, le=_MOST_SEEDS)]
    ) = [0]
    """Seeds of initialisation, batch order and augmentation: a list, or how many (0, 1, …)."""
    code: Location | None = None
    """Python file with scores, encoders, tasks or sources of your own; runs only with
    `--allow-code`."""

    def seed_list(self) -> list[int]:
        """Return the seeds in the order given."""
        return self.seeds if isinstance(self.seeds, list) else list(range(self.seeds))


class TaskSection(Section):
    """One thing to predict. A known domain brings defaults; a domain of your own needs `kind`."""

    domain: Name | None = None
    """Domain of the label; by default the task's name."""
    kind: (
        Literal[
            "regression",
            "normal",
            "classes",
            "image_class",
            "reconstruction",
            "value",
            "binary",
            "tags",
            "span",
        ]
        | None
    ) = None
    """What is predicted: a map of numbers, unit vectors, a class per pixel, one class per image,
    the input itself, or for a whole sample a value, or whether something is so. Of texts
    `image_class` (a class a text or pair), `value`, `binary`, `tags` (a class a word), `span` (an
    answer)."""
    loss: Literal["l1", "mse", "cross_entropy", "bce", "span"] | None = None
    """Training and evaluation loss."""
    channels: Count | None = None
    """Channels of the label."""
    classes: Count | None = None
    """Number of classes."""
    offset: float | None = None
    """Subtracted from the label before `scale` divides it."""
    scale: Positive | None = None
    """Divides the label: the network predicts (label − offset) / scale."""
    masked: bool | None = None
    """Whether pixels without geometry (mask_valid) are left out."""
    weight: Positive | None = None
    """Weight of the task in the sum of losses; 1 by default."""
    metrics: list[Name] | None = None
    """Metrics beside the loss; by default those of the task's kind."""


class DecoderSection(Section):
    """The decoder of every task."""

    width: Count | None = None
    """Channels of its convolutions; by default what suits the encoder."""
    blocks: Annotated[int, Field(ge=1, le=8)] = 4
    """Blocks of one transposed and one plain convolution; each doubles the size while needed."""


class RandomGroups(Section):
    """Groups of one size drawn at random: every task, and as far as possible every pair of tasks,
    is in equally many of them. The first k of more groups are the same k groups."""

    random: Annotated[int, Field(ge=1, le=10_000)]
    """How many groups."""
    size: Annotated[int, Field(ge=2, le=MOST)]
    """Tasks in each."""
    seed: Seed = 0
    """Drives the draw."""


_GROUP_FORMS = {list: "list", dict: "table", RandomGroups: "table"}


class NetworksSection(Section):
    """Which networks are trained, and what they look like."""

    encoder: Name = "conv"
    """Shared encoder: `conv`, `resnet18`, `resnet34`, `resnet50`, `xception17` or `xception`,
    or one of your own (`study.code`). Of a table: `mlp` for rows and `conv1d` for windows, which
    are its defaults. Of texts: `transformer`, its default, and `hf`, a pretrained `model`."""
    width: Count | None = None
    """Channels of the first stage at capacity 1; by default what its paper uses."""
    model: Annotated[str, Field(min_length=1)] | None = None
    """Of encoder `hf`: the pretrained encoder, a folder of Hugging Face's form below `data.root`,
    `package:NAME/FOLDER` of an installed package, or the name of one that has been downloaded."""
    pooling: Literal["first", "mean"] = "first"
    """Of texts: what the head of a whole text reads, the features of its first piece or their
    mean."""
    features: Count | None = None
    """Channels that the encoder hands to the decoders, the same at every capacity."""
    decoder: DecoderSection = DecoderSection()
    """The decoder of every task."""
    groups: list[
        Annotated[
            Annotated[Name, Tag("word")]
            | Annotated[list[Name], Tag("list")]
            | Annotated[RandomGroups, Tag("table")],
            Discriminator(lambda value: _GROUP_FORMS.get(type(value), "word")),
        ]
    ] = ["singles", "pairs", "all"]
    """Groups of tasks to train: `singles`, `pairs`, `all` (all tasks in one network), `groups`
    (every group there is, 2ⁿ − 1 for n tasks), lists of task names, or groups drawn at random:
    `{random = 200, size = 5}`."""
    single_capacities: list[Annotated[float, Field(gt=0, le=1)]] = [0.5, 1.0]
    """Capacities of the single-task networks, as fractions of the encoder's multiply-adds."""


class TrainingSection(Section):
    """How every network is trained."""

    epochs: Count = 10
    """Passes over the training images."""
    batch_size: Annotated[int, Field(ge=2, le=MOST)] = 16
    """Images a step."""
    optimizer: Literal["sgd", "adamw"] = "adamw"
    """Optimiser of all parameters."""
    learning_rate: Positive = 0.002
    """Peak learning rate."""
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    """Momentum of SGD; AdamW does not read it."""
    weight_decay: NotNegative = 0.0001
    """Weight decay."""
    schedule: Literal["constant", "cosine", "step", "plateau"] = "cosine"
    """Learning rate over time: constant, to zero along a cosine, lowered every `step_epochs`, or
    halved when the validation loss has not improved for `patience` epochs."""
    step_epochs: Count = 15
    """Epochs between the drops of schedule `step`."""
    step_factor: Annotated[float, Field(gt=0, lt=1)] = 0.5
    """What schedule `step` multiplies the learning rate by."""
    patience: Count = 3
    """Epochs without improvement before schedule `plateau` halves the learning rate."""
    stop_after: Count | None = None
    """Epochs without a lower mean of the tasks' validation losses after which training ends; by
    default it goes on to the last epoch."""
    samples: Count | None = None
    """Use only so many of the training samples (the first in an order fixed by hash)."""
    warmup_steps: Annotated[int, Field(ge=0, le=MOST)] = 0
    """Steps over which the learning rate rises linearly at the start."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """Arithmetic of the network; losses are always computed in float32."""
    channels_last: bool = True
    """Memory layout of the convolutions."""
    flip: bool | None = None
    """Mirror half of the training images from left to right, labels with them; by default true,
    but false on digits, whose labels would be wrong, and on tables, which have no sides."""
    reduction: Literal["sum", "mean", "pooled"] = "sum"
    """How the weighted losses of a network's tasks are combined: their sum, their mean, or the mean
    over the samples of a batch, whatever their task, the default on texts."""
    temperature: Positive | None = None
    """Of texts, whose tasks have examples of their own: 1, the default, draws tasks in proportion
    to their examples; under T the chance of a task of n examples goes with n^(1/T)."""
    method: Name = "equal"
    """How the losses of a network's tasks become one step: `equal`, the gradient of the weighted
    sum, or another of the methods below."""
    method_settings: dict[Name, dict[str, Any]] = {}
    """Settings of training methods, a table for each; only those of `method` are read."""


class ConditionsSection(Section):
    """Other settings under which the same questions are asked."""

    axes: dict[str, Annotated[list[Any], Field(min_length=1)]] = {}
    """Values per path under data, tasks, networks, training or transfer; their product is run."""
    cases: dict[Name, dict[str, Any]] = {}
    """Named conditions: for each, the paths that differ from the spec and their values."""


class GainSection(Section):
    """The headline definition of the gain of joint learning."""

    baseline: Literal["half", "full", "unstated"] = "half"
    """Single-task network that the joint one is held against: half capacity, or full; `unstated`
    for published losses that do not say."""
    denominator: Literal["joint", "single"] = "joint"
    """Loss that divides the difference."""
    split: Literal["val", "test"] = "test"
    """Images on which the losses are measured."""
    quantity: Name = "loss"
    """`loss`, or the name of a metric that all tasks have."""


class ChooseSection(Section):
    """Which networks to train when not all are affordable: sets chosen by several methods."""

    budgets: list[Positive] = []
    """Budgets: what the chosen networks may cost together."""
    splits: list[Count] = []
    """Numbers of networks that may be chosen, whatever they cost."""
    methods: list[Name] | None = None
    """Methods, or scores of the study by name; by default all of both."""
    cost: Literal["capacity", "macs"] = "capacity"
    """What a network costs: its capacity, or its multiply-adds of one image, decoders included;
    the budgets are in the same unit."""
    candidates: Literal["measured", "groups"] = "measured"
    """Networks to choose from: those of the study, or every group of tasks, trained or not, so that
    a method that needs no losses can choose any (the groups added have capacity 1)."""


class StoreSection(Section):
    """What result folders keep."""

    keep_epochs_mb: Annotated[float, Field(ge=0)] = 512
    """Megabytes of weights that the network of a pair may keep, those of all its epochs together.
    Where they need more, none are kept, and a score asked for later (`gs`, `gt`) trains the pairs
    once more. Changes no result."""


class ReportSection(Section):
    """What the report holds beyond the headline."""

    also: list[GainSection] = []
    """Further definitions of the gain for which agreement is computed."""


class Settings(Section):
    """The part of a study that a condition can change."""

    data: Data
    """Samples and labels, or published figures."""
    tasks: Annotated[
        Annotated[dict[Name, TaskSection], Tag("table")] | Annotated[list[Name], Tag("list")],
        Discriminator(lambda value: "list" if isinstance(value, list) else "table"),
    ]
    """Tasks: a table per task, or a list of names where the defaults are right."""
    networks: NetworksSection = NetworksSection()
    """Networks to train."""
    training: TrainingSection = TrainingSection()
    """How they are trained."""
    transfer: TransferSection | None = None
    """Makes the study one of transfer: pre-training on sets of source tasks, finetuning on
    targets."""

    @property
    def samples(self) -> SampleData:
        """The source of a condition that trains; not for published figures."""
        assert not isinstance(self.data, PublishedData)
        return self.data

    def task_sections(self) -> dict[str, TaskSection]:
        """Return the tasks in the order of the spec."""
        if isinstance(self.tasks, list):
            return {name: TaskSection() for name in self.tasks}
        return self.tasks


class StudySpec(Settings):
    """A whole study."""

    study: StudySection = StudySection()
    """Name, title, seeds."""
    conditions: ConditionsSection = ConditionsSection()
    """Other settings to run beside the spec itself."""
    scores: dict[str, dict[str, Any]] = {}
    """Scores to compute, a table each; `specbench scores` lists them with their settings."""
    gain: GainSection = GainSection()
    """The headline gain."""
    choose: ChooseSection = ChooseSection()
    """Networks chosen under a limit."""
    store: StoreSection = StoreSection()
    """What result folders keep."""
    report: ReportSection = ReportSection()
    """The report."""
    executor: ExecutorSection = ExecutorSection()
    """Where jobs run."""
