"""What each shell needs beside the generated script: how it requests names with the words before the cursor."""

SHELLS = ("bash", "zsh", "fish")

KINDS = ("sessions", "phases", "items", "roles")
"""The kinds of names."""

_BASH = """\
_mmcockpit_names() {
  local typed=("${COMP_WORDS[@]:1:COMP_CWORD-1}")
  compgen -W "$("${COMP_WORDS[0]}" completion --names "$1" -- "${typed[@]}" 2>/dev/null | cut -f1)" -- "$2"
}
"""
_ZSH = """\
_mmcockpit_names() {
  local -a typed names
  typed=("${(@Q)${(z)LBUFFER}}")
  [[ $LBUFFER == *[[:space:]] ]] || typed[-1]=()
  names=("${(@f)$("$typed[1]" completion --names "$1" -- "${(@)typed[2,-1]}" 2>/dev/null)}")
  names=("${(@)${(@)names//:/\\\\:}/$'\\t'/:}")
  (( $#names )) && _describe -V "$1" names
}
"""
_FISH = """\
function _mmcockpit_names
    set -l typed (commandline -opc)
    $typed[1] completion --names $argv[1] -- $typed[2..-1] 2>/dev/null
end
"""

PREAMBLES = {
    "bash": _BASH + "".join(f'_mmcockpit_{kind}() {{ _mmcockpit_names {kind} "$1"; }}\n' for kind in KINDS),
    "zsh": _ZSH + "".join(f"_mmcockpit_{kind}() {{ _mmcockpit_names {kind}; }}\n" for kind in KINDS),
    "fish": _FISH,
}
"""The functions that request names, for the beginning of each script."""


def completer(kind: str) -> dict[str, str]:
    """Return what completes names of a kind in each shell."""
    return {"bash": f"_mmcockpit_{kind}", "zsh": f"_mmcockpit_{kind}", "fish": f"(_mmcockpit_names {kind})"}
