"""The emergency gate: hears danger in what a patient says before anything else reads it."""
