"""What LocalStack 4.9.2 lacks without Docker and Java, and what it does otherwise than AWS, as far as Scrip needs it."""

from localstack.runtime import hooks


@hooks.on_infra_start()
def mend() -> None:
    """Applies every patch. One that no longer fits ends the start with its traceback."""
    from . import formation, functions, gateway, parsing, server, shortcuts, tables, workflows

    for part in (parsing, server, formation, functions, gateway, tables, workflows, shortcuts):
        part.mend()
