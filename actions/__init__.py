"""What the assistant can do, one package for each service of the hospital."""
