"""What a worker process runs: one body per kind of job."""
