"""Where images and labels come from, and how they are packed and read."""
