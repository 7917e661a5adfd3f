"""The models of ``[data]``, one a kind: where images and labels, or printed figures, come from."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from specbench.data.digits import CANVAS
from specbench.data.nyuv2 import CLASSES
from specbench.data.registry import KINDS, OWN
from specbench.spec.section import Count, Location, Name, Positive, Section, Seed
from specbench.spec.table_models import TableData
from specbench.spec.text_models import TextData

_FRAME = r"^[^/{}][^{}]*\{frame\}[^{}]*$|^[^/{}]*\{place\}[^{}]*\{frame\}[^{}]*$"
"""A path below a folder with one ``{frame}``, and at most one ``{place}`` before it."""


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


class DigitsData(DataSection):
    """Pictures of two real digits each, laid over each other from scikit-learn's set: no files."""

    kind: Literal["digits"]
    """The source."""
    image_size: Annotated[int, Field(ge=16, le=CANVAS, multiple_of=16)] = 32
    """Side in pixels at which images and labels are packed and learned."""
    train_images: Count = 1000
    """Pictures for training."""
    val_images: Count = 250
    """Pictures for validation, of digits that are in no other split."""
    test_images: Count = 500
    """Pictures for testing, of digits that are in no other split."""


class FolderData(DataSection):
    """What the kinds that are read from a folder have in common."""

    root: Location
    """Folder of the data."""
    train_images: Count | None = None
    """Use only so many training images (the first in an order fixed by hash); by default all."""
    val_images: Count | None = None
    """The same for validation."""
    test_images: Count | None = None
    """The same for testing."""
    missing: Literal["refuse", "leave_out"] = "refuse"
    """What to do about a missing or broken file: stop, or leave the image out and count it."""

    def options(self) -> dict[str, Any]:
        """Return the settings of this kind alone, as plain JSON values."""
        return self.model_dump(mode="json", exclude={"kind", *FolderData.model_fields})


class CelebaData(FolderData):
    """CelebA in torchvision's layout: faces with 40 attributes, in the official splits."""

    kind: Literal["celeba"]
    """The source."""


class NyuData(FolderData):
    """NYU Depth v2: the tree of .npy files that MTAN and LibMTL read, or the authors' .mat file."""

    kind: Literal["nyuv2"]
    """The source."""
    classes: Annotated[int, Field(ge=2, le=255)] = CLASSES
    """Classes of `segment_semantic`: 13 in the tree; for the .mat file `classMapping40.mat`, or
    whatever the number, must lie beside it."""


class CityscapesData(FolderData):
    """Cityscapes as it is unpacked: classes, and disparity or depth from stereo."""

    kind: Literal["cityscapes"]
    """The source."""


class RgbdData(FolderData):
    """Your RGB and depth images, labelled by Taskonomy's formulas."""

    kind: Literal["rgbd"]
    """The source."""
    intrinsics: Annotated[list[float], Field(min_length=4, max_length=4)]
    """fx, fy, cx, cy in pixels of the depth image, whose first pixel's centre is (0, 0)."""
    rgb: Annotated[str, Field(pattern=_FRAME)] = "{place}/rgb/{frame}.png"
    """Where colour images lie below the root: a path with `{frame}` and, if you like, `{place}`."""
    depth: Annotated[str, Field(pattern=_FRAME)] = "{place}/depth/{frame}.png"
    """Where depth images lie, 16-bit PNG of the same size; 0 and 65535 are unknown."""
    levels_per_metre: Positive = 1000.0
    """Levels of a depth image that make a metre: 1000 for millimetres."""
    splits: Location | None = None
    """Split CSV (`id,train,val,test`, a place a row); by default `splits.csv` in the root, and
    without it places are divided 80/10/10 by hash."""
    split_by: Literal["place", "frame"] = "place"
    """`place`: frames of one place stay together. `frame`: frames are divided 80/10/10 by hash."""


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
    transfers: Location | None = None
    """Qualities of targets finetuned from sets of sources, a row per set and target; a row without
    a target is a printed mean over targets."""
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


ImageData = (
    RoomsData
    | TaskonomyData
    | ArraysData
    | DigitsData
    | CelebaData
    | NyuData
    | CityscapesData
    | RgbdData
    | OwnData
)
SampleData = ImageData | TableData | TextData
"""Sources that networks are trained on."""
Data = Annotated[
    Annotated[RoomsData, Tag("rooms")]
    | Annotated[TaskonomyData, Tag("taskonomy")]
    | Annotated[ArraysData, Tag("arrays")]
    | Annotated[TableData, Tag("table")]
    | Annotated[TextData, Tag("text")]
    | Annotated[DigitsData, Tag("digits")]
    | Annotated[CelebaData, Tag("celeba")]
    | Annotated[NyuData, Tag("nyuv2")]
    | Annotated[CityscapesData, Tag("cityscapes")]
    | Annotated[RgbdData, Tag("rgbd")]
    | Annotated[PublishedData, Tag("published")]
    | Annotated[OwnData, Tag(OWN_KIND)],
    Discriminator(_kind),
]
