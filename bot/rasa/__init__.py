"""What runs inside the Rasa process (Python 3.10): its channel, NLU components and stores. Imports nothing else of
ours."""
