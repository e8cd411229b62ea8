"""One module per page, each with one component of the same name."""
