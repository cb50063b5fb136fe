"""`completion`: what has a shell complete our commands. All of them stand in it: no key pressed waits for Python."""

from __future__ import annotations

from collections.abc import Iterator
from shlex import quote

import click

_FILES = {"FILE", "FOLDER", "DIR"}
"""Placeholders that the name of a file stands for."""

_BASH = """\
_gateway() {
    local at='' i says options valued filed files word=${COMP_WORDS[COMP_CWORD]}
    for ((i = 1; i < COMP_CWORD; i++)); do
        _gateway_of "$at ${COMP_WORDS[i]}" && at+=" ${COMP_WORDS[i]}"
    done
    _gateway_of "$at"
    _gateway_after "${COMP_WORDS[COMP_CWORD - 1]}" "$word"
    mapfile -t COMPREPLY < <(compgen -W "$says" -- "$word"; [[ -z $files ]] || compgen -f -- "$word")
    [[ -z $files ]] || compopt -o filenames 2>/dev/null
}
complete -F _gateway gateway
"""

_ZSH = """\
_gateway() {
    local at='' one says options valued filed files
    for one in "${(@)words[2,CURRENT - 1]}"; do
        _gateway_of "$at $one" && at+=" $one"
    done
    _gateway_of "$at"
    _gateway_after "${words[CURRENT - 1]}" "${words[CURRENT]}"
    compadd -- ${=says}
    [[ -z $files ]] || _files
}
if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then _gateway; else compdef _gateway gateway; fi
"""

_BOTH = """\
_gateway_after() {
    case " $filed " in *" $1 "*) says='' files=1; return ;; esac
    case " $valued " in *" $1 "*) says='' files=''; return ;; esac
    case $2 in -*) says=$options files='' ;; esac
}
"""

_ENDS = {"bash": _BASH, "zsh": _ZSH}


@click.command()
@click.argument("shell", type=click.Choice(list(_ENDS)))
@click.pass_context
def completion(ctx: click.Context, shell: str) -> None:
    """Print what has a shell complete commands, options and files; `eval` it, or keep it as a file."""
    click.echo("#compdef gateway\n_gateway_of() {\n    case $1 in")  # the first line is a comment to bash
    for line in _table(ctx.find_root().command, ctx.find_root(), ""):
        click.echo(f"        {line}")
    click.echo(f"        *) return 1 ;;\n    esac\n}}\n{_BOTH}{_ENDS[shell]}", nl=False)


def _table(command: click.Command, ctx: click.Context, at: str) -> Iterator[str]:
    """A line for a command, and for all below it: what may stand there, and after which options something else does."""
    taken = [one for one in command.params if isinstance(one, click.Option)]
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    told = {
        "says": [str(word) for one in arguments if isinstance(one.type, click.Choice) for word in one.type.choices],
        "options": [*(one.opts[-1] for one in taken), "--help"],
        "valued": [one.opts[-1] for one in taken if not one.is_flag and not _is_file(one, ctx)],
        "filed": [one.opts[-1] for one in taken if _is_file(one, ctx)],
        "files": ["1" for one in arguments if _is_file(one, ctx)],
    }
    below = command.list_commands(ctx) if isinstance(command, click.Group) else []
    told["says"] += below
    yield " ".join([f"{quote(at)})", *(f"{name}={quote(' '.join(of))}" for name, of in told.items()), ";;"])
    for name in below:
        if isinstance(command, click.Group) and (one := command.get_command(ctx, name)):
            yield from _table(one, click.Context(one, parent=ctx, info_name=name), f"{at} {name}")


def _is_file(one: click.Parameter, ctx: click.Context) -> bool:
    return one.make_metavar(ctx).strip("[]") in _FILES
