"""What the report promises whoever repeats the study: on the same machine, and on another one."""

from __future__ import annotations

from specbench.report.problems import Work

_ALIKE = (
    "images, splits, seeds and all definitions are the same; digits are not promised. Other "
    "versions or another processor round otherwise, and that grows along a training: expect "
    "gains and scores to differ as they do between seeds"
)


def promises(work: Work) -> tuple[tuple[str, str], ...]:
    """Return what holds where, as (where, what) pairs, by the devices that the jobs ran on."""
    if not any(row["kind"] == "network" for row in work.counts):
        return (("anywhere", "nothing was trained: the same files give the same analysis"),)
    if all(row["device"] in (None, "", "cpu") for row in work.machines):
        here = (
            "every job gives the same result to the bit, with any number of workers and in any "
            "order; specbench verify runs finished jobs again and compares"
        )
    else:
        here = (
            "not to the bit: a GPU takes sums in another order each time. specbench verify "
            "--tolerance runs finished jobs again and measures how far they are apart"
        )
    return (
        ("same spec, versions and kind of processor", here),
        ("other machines or versions", _ALIKE),
    )
