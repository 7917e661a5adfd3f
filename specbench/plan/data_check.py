"""``check --data``: hash the files of a study again and compare with what was packed."""

from __future__ import annotations

from collections.abc import Callable

from specbench.data.pack import read_manifest
from specbench.data.source import make_source
from specbench.plan.figures import figure_jobs
from specbench.plan.sources import plan_data, source_settings
from specbench.results import Results, damaged_files
from specbench.spec.data import PublishedData, RoomsData
from specbench.spec.study import Study
from specbench.spec.text_models import TextData
from specbench.usercode.locate import located


def data_differences(study: Study, results: Results, tell: Callable[[str], None]) -> list[str]:
    """Return a line for every packed domain whose files are no longer what was packed.

    Rendered data is checked against the checksums of its result folders. Raises DataError where a
    folder is absent.
    """
    with located():
        return _differences(study, results, tell)


def _differences(study: Study, results: Results, tell: Callable[[str], None]) -> list[str]:
    lines: dict[str, None] = {}
    for condition in study.conditions:
        data = condition.settings.data
        if isinstance(data, PublishedData):
            for job in figure_jobs(study, condition):
                tell(f"{job.title}: {'as it was' if results.is_done(job.key) else 'not read yet'}")
            continue
        if isinstance(data, TextData):
            tell("texts: their files are hashed whenever the study is planned")
            continue
        plan = plan_data(data, condition.tasks.values(), results)
        source = (
            None
            if isinstance(data, RoomsData)
            else make_source(source_settings(data, condition.tasks.values()))
        )
        for domain, key in plan.packs.items():
            if not results.is_done(key):
                tell(f"{domain}: not packed yet")
                continue
            folder = results.folder(key)
            if damaged_files(folder):
                lines[f"{folder}: packed {domain} does not match its checksums"] = None
            elif source is None:
                tell(f"{domain}: as rendered and packed")
            else:
                packed = {s: v["fingerprint"] for s, v in read_manifest(folder)["splits"].items()}
                now = source.fingerprint(domain)
                changed = sorted(split for split in now if now[split] != packed.get(split))
                if changed:
                    lines[f"{domain}: files of {', '.join(changed)} have changed since packing"] = (
                        None
                    )
                else:
                    tell(f"{domain}: as packed")
    return list(lines)
