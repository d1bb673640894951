"""`make setup`: from a fresh checkout to a system that can start.

`python3 -m bot.setup` runs on whatever Python (3.8 or newer) the machine has and needs nothing but the standard
library, since its first work is to build the environments that hold everything else. Once they exist it hands over
to `bot.setup.house`, which runs inside `.venv`.
"""
