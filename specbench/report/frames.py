"""The views as pandas frames, for notebooks."""

from __future__ import annotations

import duckdb
import pandas as pd

from specbench.errors import StoreError
from specbench.report.export import VIEWS
from specbench.report.query import equals, has_view


def frame(
    connection: duckdb.DuckDBPyConnection, view: str, study: str | None = None, **columns: str
) -> pd.DataFrame:
    """Return a view, of one study and with the given column values if any, in a fixed order.

    StoreError names the views there are if ``view`` is none of them.
    """
    if view not in VIEWS or not has_view(connection, view):
        raise StoreError(f"no view {view!r}", f"the views are {', '.join(VIEWS)}")
    wanted = dict(columns) if study is None else {"study": study, **columns}
    where = f" WHERE {equals(**wanted)}" if wanted else ""
    return connection.execute(f"SELECT * FROM {view}{where} ORDER BY ALL").df()
