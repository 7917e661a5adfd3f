"""Which tasks should a network learn together, and can a cheap score tell beforehand?"""

__version__ = "0.1.0"
