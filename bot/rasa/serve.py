"""Rasa's own command line, as we need it: `python -m bot.rasa.serve run …`, in `.venv-rasa`.

Three things that Rasa offers no setting for: its API token comes from the environment, because an argument can be
read by every user of the machine; its log is JSON; and skops is imported first. skops looks up several hundred types
in every module that is loaded by then, which takes 0.3 s at the beginning and 4 s once TensorFlow is there.
"""

import logging
import os
import sys
from importlib import import_module


def main() -> None:
    """Run Rasa until it ends."""
    sys.argv += ["--auth-token", os.environ.pop("YIDAO_RASA_API_TOKEN")]
    import_module("skops.io")  # for the order only

    # It loads numpy.distutils, which turns the root logger into one that prints.
    logging.getLogger().__class__ = logging.RootLogger

    import rasa.utils.io

    from bot.rasa.logs import set_up_logs

    set_up_logs()
    rasa.utils.io.configure_colored_logging = set_up_logs
    from rasa.__main__ import main as rasa_main

    rasa_main()


if __name__ == "__main__":
    main()
