"""Decodes one domain once, into one array per split."""

from __future__ import annotations

from typing import Any

from specbench.jobs.context import Context


def run(context: Context) -> dict[str, Any]:
    """Pack the domain; the result is the pack's manifest."""
    from specbench.data.pack import pack_domain
    from specbench.data.source import make_source

    where, content = context.ticket.where, context.content
    settings = dict(where["source"])
    if where["roots"]:
        settings["roots"] = [str(context.needed(key)) for key in where["roots"]]
    return pack_domain(
        make_source(settings),
        content["domain"],
        content.get("image_size", 0),
        context.folder,
        context.report,
    )
