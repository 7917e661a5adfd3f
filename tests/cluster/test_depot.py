"""Results that go by an object store: whole or not at all, whatever happens meanwhile."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

from specbench.errors import EngineError, ResultError
from specbench.results import Results
from specbench.scheduler.cluster.depot import RESULT, WORK, fetch_result, fetch_work
from specbench.scheduler.cluster.mirror import Mirror
from specbench.scheduler.cluster.sent import Sent
from specbench.scheduler.cluster.url_depot import UrlDepot

KEY, OTHER = "a" * 20, "b" * 20


@pytest.fixture(params=["memory", "path"])
def depot(request: Any, tmp_path: Path) -> UrlDepot:
    """An object store in memory, and a path, where no single writing is one step."""
    at = {"memory": f"memory://{tmp_path.name}/results", "path": str(tmp_path / "depot")}
    return UrlDepot(at[request.param])


def make(results: Results, key: str, text: str = "{}") -> Path:
    with results.making(key) as folder:
        (folder / "result.json").write_text(text)
        (folder / "samples").mkdir()
        (folder / "samples" / "0.png").write_bytes(bytes(1000))
    return results.folder(key)


def files(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}


def test_a_result_arrives_as_it_was(depot: UrlDepot, tmp_path: Path) -> None:
    here, there = Results.at(tmp_path / "here"), Results.at(tmp_path / "there")
    depot.put(RESULT, KEY, make(here, KEY))
    assert depot.keys(RESULT) == {KEY}
    assert not fetch_result(depot, there, OTHER)
    assert fetch_result(depot, there, KEY)
    assert files(there.folder(KEY)) == files(here.folder(KEY))
    depot.drop(RESULT, KEY)
    assert depot.keys(RESULT) == set()


def test_what_was_not_written_to_its_end_is_not_there(
    depot: UrlDepot, tmp_path: Path, monkeypatch: Any
) -> None:
    here = Results.at(tmp_path / "here")
    folder, puts, real = make(here, KEY), [], type(depot._fs).put_file

    def breaking(self: Any, *arguments: Any, **options: Any) -> None:
        puts.append(arguments)
        if len(puts) == 2:
            raise OSError("the line is dead")
        real(self, *arguments, **options)

    monkeypatch.setattr(type(depot._fs), "put_file", breaking)
    with pytest.raises(OSError, match="the line is dead"):
        depot.put(RESULT, KEY, folder)
    assert depot.keys(RESULT) == set()
    assert not fetch_result(depot, Results.at(tmp_path / "there"), KEY)
    depot.put(RESULT, KEY, folder)
    assert fetch_result(depot, Results.at(tmp_path / "there"), KEY)


def test_of_two_writers_the_last_ones_folder_is_there(depot: UrlDepot, tmp_path: Path) -> None:
    one, two = Results.at(tmp_path / "one"), Results.at(tmp_path / "two")
    depot.put(RESULT, KEY, make(one, KEY, '{"by": 1}'))
    depot.put(RESULT, KEY, make(two, KEY, '{"by": 2}'))
    there = Results.at(tmp_path / "there")
    assert fetch_result(depot, there, KEY)
    assert files(there.folder(KEY)) == files(two.folder(KEY))
    marks = depot._fs.ls(f"{depot._root}/results/{KEY}", detail=False)
    assert len(marks) == 1, "what was replaced is removed"


def test_a_changed_byte_is_never_taken_for_a_result(depot: UrlDepot, tmp_path: Path) -> None:
    depot.put(RESULT, KEY, make(Results.at(tmp_path / "here"), KEY))
    (changed,) = [p for p in depot._fs.find(f"{depot._root}/results") if p.endswith("0.png")]
    depot._fs.pipe_file(changed, b"\1" * 1000)
    there = Results.at(tmp_path / "there")
    with pytest.raises(ResultError, match=r"do not match their checksums: samples/0\.png"):
        fetch_result(depot, there, KEY)
    assert there.done() == set()
    said: list[str] = []
    mirror = Mirror(depot, there)
    mirror.align([KEY], said.append)
    assert "done again" in said[0]
    make(there, KEY)
    mirror.push(KEY)
    mirror.finish()
    assert fetch_result(depot, Results.at(tmp_path / "third"), KEY), "the new one took its place"


def test_a_mirror_brings_what_others_have_and_hands_on_the_rest(
    depot: UrlDepot, tmp_path: Path
) -> None:
    here, there = Results.at(tmp_path / "here"), Results.at(tmp_path / "there")
    depot.put(RESULT, KEY, make(there, KEY))
    make(here, OTHER)
    mirror = Mirror(depot, here)
    mirror.align([KEY, OTHER], pytest.fail)
    mirror.finish()
    assert here.done() == depot.keys(RESULT) == {KEY, OTHER}


def test_a_mirror_says_what_could_not_be_handed_on(depot: UrlDepot, tmp_path: Path) -> None:
    here = Results.at(tmp_path / "here")
    make(here, KEY)
    mirror = Mirror(depot, here)
    mirror.align([], pytest.fail)
    depot.put = lambda *arguments: 1 / 0  # type: ignore[method-assign,assignment,return-value]
    mirror.push(KEY)
    with pytest.raises(EngineError, match=f"1 results could not .* such as {KEY}: division"):
        mirror.finish()


def test_checkpoints_and_logs_go_to_another_node(depot: UrlDepot, tmp_path: Path) -> None:
    from specbench.jobs.ticket import Ticket

    first, second = (Sent(depot, tmp_path / name, every=0.0) for name in ("first", "second"))
    needed = make(Results.at(tmp_path / "here"), OTHER)
    depot.put(RESULT, OTHER, needed)
    ticket = Ticket(KEY, "network", {}, {}, "/nowhere", needs=(OTHER,))
    on_first = first.fetch(ticket)
    assert on_first.results == str(tmp_path / "first")
    results = Results.at(on_first.results)
    assert files(results.folder(OTHER)) == files(needed)
    results.work(KEY).mkdir(parents=True)
    (results.work(KEY) / "checkpoint.pt").write_bytes(b"epoch 3")
    results.log(KEY).parent.mkdir()
    results.log(KEY).write_text("epoch 3\n")
    first.progressed(KEY)
    first.tick([on_first])
    assert depot.log(KEY) == b"epoch 3\n"
    second.fetch(ticket)
    assert (tmp_path / "second" / ".work" / KEY / "checkpoint.pt").read_bytes() == b"epoch 3"
    make(results, KEY)
    first.ended(KEY, True)
    assert (depot.keys(RESULT), depot.keys(WORK)) == ({KEY, OTHER}, set())
    fetch_work(depot, Results.at(tmp_path / "third"), KEY)
    assert not (tmp_path / "third" / ".work" / KEY).exists()


def test_a_depot_travels_by_its_address(depot: UrlDepot) -> None:
    assert pickle.loads(pickle.dumps(depot)).url == depot.url


def test_an_address_that_nothing_serves_is_refused_in_words() -> None:
    with pytest.raises(EngineError, match=r"executor\.depot = 'nothing://x'"):
        UrlDepot("nothing://x")


def test_two_folders_share_a_study_by_a_depot(
    write: Any, rooms_text: str, specbench: Any, tmp_path: Path
) -> None:
    """The second folder's run fetches everything and trains nothing."""
    small = rooms_text.replace("seeds = [0, 1]", "seeds = [0]").replace("[scores.rsa]", "")
    write(small.replace("[tasks.normal]", ""))
    words = ("run", "tiny.toml", "--set", f"executor.depot={tmp_path / 'depot'}", "--workers", "2")
    first = specbench(*words)
    assert first.returncode == 0, first.stderr
    again = specbench(*words, "--results", "elsewhere")
    assert again.returncode == 0, again.stderr
    assert "(0 in this run)" in again.stdout
    notes = list((tmp_path / "depot" / "results").glob("*.json"))
    assert all(json.loads(note.read_text())["files"] for note in notes)
