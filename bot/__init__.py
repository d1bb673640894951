"""The front door of Yidao 医导. Importable from Python 3.10, since `bot.rasa` runs inside the Rasa process."""

__version__ = "0.1.0"
