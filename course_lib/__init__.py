"""The helper package of the course on activation and loss functions."""
