"""Reports read from the store's views: one HTML page, LaTeX tables and figures, CSV and Parquet.

The entrance is :func:`specbench.report.build.build`. Nothing here reads a result folder or trains
a network; everything printed comes out of a view by a query that the page shows.
"""
