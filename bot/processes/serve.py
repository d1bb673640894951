"""Being one of the processes: `yidao serve NAME`, or `python -m bot.processes.serve NAME` without the command line."""

import os
import sys

from bot.processes.faults import NotSetUp, ProcessFault
from bot.processes.programs import chroma_folder, programs
from bot.settings import ROOT, Settings


def serve(name: str, settings: Settings) -> None:
    """Turn this process into the named one; returns only when that ends. Raises NotSetUp."""
    program = programs(settings)[name]
    os.environ.update(program.env)
    os.chdir(ROOT)
    settings.path(settings.state).mkdir(parents=True, exist_ok=True)
    if name == "actions":
        from bot.processes.action_server import serve as serve_actions

        serve_actions(settings)
    elif name == "bot":
        _serve_bot(settings)
    else:
        if name == "chroma":
            chroma_folder(settings).mkdir(parents=True, exist_ok=True)
        absent = [file for file in program.files if not file.exists()]
        if absent:
            raise NotSetUp(f"{absent[0]} is missing: run `make setup`.")
        os.execvpe(program.argv[0], list(program.argv), os.environ)


def _serve_bot(settings: Settings) -> None:
    import uvicorn

    uvicorn.run(
        "bot.app:create_app",
        factory=True,
        host=settings.bot.host,
        port=settings.bot.port,
        ssl_certfile=settings.bot.tls_certificate,
        ssl_keyfile=settings.bot.tls_key,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
    )


def main(name: str) -> int:
    """The exit status."""
    try:
        serve(name, Settings())
    except ProcessFault as fault:
        print(f"{fault} ({fault.code})", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
