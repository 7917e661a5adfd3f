"""Installs the templates, which lie at the top of the repository, as ``specbench.templates``.

Everything else stands in pyproject.toml, where a package cannot be found under another name.
"""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["specbench*"]), "specbench.templates"],
    package_dir={"specbench.templates": "templates"},
)
