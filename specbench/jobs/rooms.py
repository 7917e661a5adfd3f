"""Renders one building into a tree of files in Taskonomy's layout."""

from __future__ import annotations

from typing import Any

from specbench.jobs.context import Context


def run(context: Context) -> dict[str, Any]:
    """Write the building's files; the result says how many views there are."""
    from specbench.data.rooms.building import render_building

    content = context.content
    render_building(
        content["seed"],
        content["building"],
        content["views"],
        content["pixels"],
        context.folder,
        context.report,
    )
    return {"views": content["views"]}
