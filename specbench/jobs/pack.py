"""Decodes one domain once, into one array per split."""

from __future__ import annotations

from typing import Any

from specbench.jobs.context import Context


def run(context: Context) -> dict[str, Any]:
    """Pack the domain; the result is the pack's manifest."""
    from specbench.data.pack import pack_domain
    from specbench.data.source import make_source

    where, content = context.ticket.where, context.content
    if "set" in where:
        return _pack_text(context)
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


def _pack_text(context: Context) -> dict[str, Any]:
    """Pack the texts of a set, or one column of it as labels."""
    from specbench.data.text.pack import pack_labels, pack_texts

    where, content, folder = context.ticket.where, context.content, context.folder
    if "column" in content:
        return pack_labels(
            where["set"], content["column"], content["label"], content["classes"], folder
        )
    vocabulary = context.needed(where["vocabulary"])
    return pack_texts(where["set"], vocabulary, content["length"], folder, context.report)
