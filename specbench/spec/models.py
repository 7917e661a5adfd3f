"""The models of a study: every section, field, type, default and what it means.

``docs/spec.md`` and the JSON Schema are generated from the docstrings here.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from specbench.data.registry import KINDS, OWN


class Section(BaseModel):
    """What all sections share: unknown keys and loose types are refused."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, use_attribute_docstrings=True, allow_inf_nan=False
    )


class FilePath:
    """Marks a string field as a path: relative to the spec file, or to the caller in ``--set``."""


Location = Annotated[str, Field(min_length=1), FilePath()]
_MOST = 2**31 - 1
_MOST_SEEDS = 1000
Count = Annotated[int, Field(ge=1, le=_MOST)]
Seed = Annotated[int, Field(ge=0, lt=2**31)]
Name = Annotated[
    str,
    Field(min_length=1, max_length=100, pattern=r"^[^+/\x00-\x1f\x7f-\x9f\u2028\u2029]+$"),
]
Positive = Annotated[float, Field(gt=0)]
NotNegative = Annotated[float, Field(ge=0)]


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


class DataSection(Section):
    """What every source of images has in common."""

    image_size: Annotated[int, Field(ge=16, le=1024, multiple_of=16)] = 64
    """Side in pixels at which images and labels are packed and learned."""
    seed: Seed = 0
    """Drives rendering and the choice of subsets."""


class RoomsData(DataSection):
    """Indoor scenes rendered by specbench, in Taskonomy's layout and encodings."""

    kind: Literal["rooms"]
    """The source."""
    train_images: Count = 600
    """Views rendered for training."""
    val_images: Count = 100
    """Views rendered for validation, in buildings of their own."""
    test_images: Count = 100
    """Views rendered for testing, in buildings of their own."""
    views_per_building: Count = 12
    """Views of one building, four a room; fewer mean more buildings for the same images."""
    pixels: Literal[64, 128, 256, 512] = 128
    """Side of the rendered files; labels are computed at 512 pixels and averaged down."""


class TaskonomyData(DataSection):
    """A tree of files in Taskonomy's layout: the data set itself, a part of it, or one like it."""

    kind: Literal["taskonomy"]
    """The source."""
    root: Location
    """Folder of the tree (any of the four known layouts)."""
    splits: Location | None = None
    """Split CSV (`id,train,val,test`, a building a row); by default `splits.csv` in the root."""
    split_by: Literal["building", "point"] = "building"
    """`building`: by the split CSV. `point`: points hashed 80/10/10, for a tree of one building."""
    train_images: Count | None = None
    """Use only so many training images (the first in an order fixed by hash); by default all."""
    val_images: Count | None = None
    """The same for validation."""
    test_images: Count | None = None
    """The same for testing."""
    missing: Literal["refuse", "leave_out"] = "refuse"
    """What to do about a missing or broken file: stop, or leave the image out and count it."""


class ArraysData(DataSection):
    """Your own tasks: one .npy per domain and split, described by a small `manifest.toml`."""

    kind: Literal["arrays"]
    """The source."""
    root: Location
    """Folder that holds `manifest.toml` and `<split>/<domain>.npy`."""
    train_images: Count | None = None
    """Use only so many training images (the first in an order fixed by hash); by default all."""
    val_images: Count | None = None
    """The same for validation."""
    test_images: Count | None = None
    """The same for testing."""


class PublishedData(Section):
    """Figures that someone else measured and printed: nothing is trained, tables are read.

    At least one of the files is needed.
    """

    kind: Literal["published"]
    """The source."""
    losses: Location | None = None
    """Losses of networks, a row per network and target. Files are CSV, or Parquet where the name
    ends in `.parquet`."""
    gains: Location | None = None
    """Gains measured elsewhere, under the definition that [gain] states."""
    scores: Location | None = None
    """Scores of ordered pairs, a row per score, target and partner."""
    scale: dict[Name, float] = {}
    """Factor per score that its values are multiplied by, such as 0.01 where they are printed
    times 100."""


class OwnData(DataSection):
    """A source of your own, defined in `study.code`; its name is the kind."""

    kind: Annotated[Name, Field(json_schema_extra={"not": {"enum": list(KINDS)}})]
    """Name of the source."""
    root: Location
    """Folder that the source reads."""
    options: dict[str, Any] = {}
    """Settings of the source."""
    train_images: Count | None = None
    """Use only so many training images (the first in an order fixed by hash); by default all."""
    val_images: Count | None = None
    """The same for validation."""
    test_images: Count | None = None
    """The same for testing."""
    missing: Literal["refuse", "leave_out"] = "refuse"
    """What to do about a missing or broken file: stop, or leave the image out and count it."""


OWN_KIND = "\0own"
"""Stands for the names of the user's sources where Pydantic chooses a model of [data]."""


def _kind(data: Any) -> str | None:
    kind = data.get("kind") if isinstance(data, dict) else getattr(data, "kind", None)
    if isinstance(kind, str) and kind in OWN:
        return OWN_KIND
    return None if kind is None else str(kind)


ImageData = RoomsData | TaskonomyData | ArraysData | OwnData
Data = Annotated[
    Annotated[RoomsData, Tag("rooms")]
    | Annotated[TaskonomyData, Tag("taskonomy")]
    | Annotated[ArraysData, Tag("arrays")]
    | Annotated[PublishedData, Tag("published")]
    | Annotated[OwnData, Tag(OWN_KIND)],
    Discriminator(_kind),
]


class TaskSection(Section):
    """One thing to predict. A known domain brings defaults; a domain of your own needs `kind`."""

    domain: Name | None = None
    """Domain of the label; by default the task's name."""
    kind: (
        Literal[
            "regression", "normal", "classes", "image_class", "reconstruction", "value", "binary"
        ]
        | None
    ) = None
    """What is predicted: a map of numbers, unit vectors, a class per pixel, one class per image,
    the input itself, or for a whole sample a value, or whether something is so."""
    loss: Literal["l1", "mse", "cross_entropy", "bce"] | None = None
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


class NetworksSection(Section):
    """Which networks are trained, and what they look like."""

    encoder: Name = "conv"
    """Shared encoder: `conv`, `resnet18`, `resnet34`, `resnet50`, `xception17` or `xception`,
    or one of your own (`study.code`)."""
    width: Count | None = None
    """Channels of the first stage at capacity 1; by default what its paper uses."""
    features: Count | None = None
    """Channels that the encoder hands to the decoders, the same at every capacity."""
    decoder: DecoderSection = DecoderSection()
    """The decoder of every task."""
    groups: list[Name | list[Name]] = ["singles", "pairs", "all"]
    """Groups of tasks to train: `singles`, `pairs`, `all` (all tasks in one network), `groups`
    (every group there is, 2ⁿ − 1 for n tasks), or lists of task names."""
    single_capacities: list[Annotated[float, Field(gt=0, le=1)]] = [0.5, 1.0]
    """Capacities of the single-task networks, as fractions of the encoder's multiply-adds."""


class TrainingSection(Section):
    """How every network is trained."""

    epochs: Count = 10
    """Passes over the training images."""
    batch_size: Annotated[int, Field(ge=2, le=_MOST)] = 16
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
    warmup_steps: Annotated[int, Field(ge=0, le=_MOST)] = 0
    """Steps over which the learning rate rises linearly at the start."""
    precision: Literal["fp32", "bf16"] = "fp32"
    """Arithmetic of the network; losses are always computed in float32."""
    channels_last: bool = True
    """Memory layout of the convolutions."""
    flip: bool = True
    """Mirror half of the training images from left to right, labels with them."""
    reduction: Literal["sum", "mean"] = "sum"
    """How the weighted losses of a network's tasks are combined."""
    method: Literal["equal"] = "equal"
    """How the tasks' gradients are combined: the gradient of the weighted sum."""


class ConditionsSection(Section):
    """Other settings under which the same questions are asked."""

    axes: dict[str, Annotated[list[Any], Field(min_length=1)]] = {}
    """Values per path under data, tasks, networks or training; their product is run."""
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
    """Images and labels, or published figures."""
    tasks: Annotated[
        Annotated[dict[Name, TaskSection], Tag("table")] | Annotated[list[Name], Tag("list")],
        Discriminator(lambda value: "list" if isinstance(value, list) else "table"),
    ]
    """Tasks: a table per task, or a list of names where the defaults are right."""
    networks: NetworksSection = NetworksSection()
    """Networks to train."""
    training: TrainingSection = TrainingSection()
    """How they are trained."""

    @property
    def images(self) -> ImageData:
        """The source of images of a condition that trains; not for published figures."""
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
