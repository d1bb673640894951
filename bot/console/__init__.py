"""The staff console (/console): who may sign in, the queue of patients who wait for a human, and the talk with them."""
