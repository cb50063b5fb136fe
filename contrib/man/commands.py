"""The commands of gateway(8): each with its arguments and options, as click knows them."""

from __future__ import annotations

from collections.abc import Iterator

import click

from contrib.man import mdoc
from contrib.man.markdown import inline


def listed(root: click.Group) -> Iterator[str]:
    """A subsection for each command of the first level."""
    top = click.Context(root, info_name="gateway")
    for name, command in _subcommands(root, top):
        context = click.Context(command, parent=top, info_name=name)
        yield f".Ss {name}"
        if isinstance(command, click.Group):
            yield _told(command.help)
            yield from mdoc.items(
                (_usage(one, f"{name} {word}", context), _entry(one, context))
                for word, one in _subcommands(command, context)
            )
        else:
            yield from mdoc.items([(_usage(command, name, context), _entry(command, context))])


def options(command: click.Command, context: click.Context) -> Iterator[str]:
    """A list of the options of a command, but for --help, which all have."""
    for one in command.params:
        if isinstance(one, click.Option) and not one.hidden:
            record = one.get_help_record(context)
            yield f".It {_option(one, context)}"
            yield _told(record[1] if record else "")


def _subcommands(group: click.Group, context: click.Context) -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if command is not None and not command.hidden:
            yield name, command


def _usage(command: click.Command, words: str, context: click.Context) -> str:
    flags = [f"Oo {_option(one, context)} Oc" for one in command.params if isinstance(one, click.Option)]
    return " ".join([f"Cm {words}", *flags, *(_argument(one, context) for one in command.params)]).rstrip()


def _argument(one: click.Parameter, context: click.Context) -> str:
    if not isinstance(one, click.Argument):
        return ""
    name = one.make_metavar(context).strip("[]")
    return f"Ar {name}" if one.required else f"Oo Ar {name} Oc"


def _option(one: click.Option, context: click.Context) -> str:
    taken = "" if one.is_flag else f" Ar {one.make_metavar(context)}"
    return f"Fl {one.opts[-1][1:]}{taken}"


def _entry(command: click.Command, context: click.Context) -> Iterator[str]:
    yield _told(command.help)
    own = list(options(command, context))
    if own:
        yield from (".Bl -tag -width Ds -compact", *own, ".El")


def _told(text: str | None) -> str:
    return mdoc.prose(inline(" ".join((text or "").split())))
