#!/bin/sh
# Writes the bash completion of a program from its --help: completion.sh PROGRAM FILE
# Options and lists of values ("{a,b}") come from the help text; everything else completes to files.
set -eu
export LC_ALL=C.UTF-8
mkdir -p "$(dirname "$2")"
"$1" --help | awk -v name="$(basename "$1")" '
  /^ +-/ {
    line = $0
    sub(/^ +/, "", line)
    flags = line
    sub(/ .*/, "", flags)
    gsub(/,/, " ", flags)
    all = all " " flags
    if (match(line, /\{[^}]*\}/)) {
      choices = substr(line, RSTART + 1, RLENGTH - 2)
      gsub(/,/, " ", choices)
      gsub(/ /, "|", flags)
      cases = cases "    " flags ") COMPREPLY=($(compgen -W \"" choices "\" -- \"$word\")); return ;;\n"
    }
  }
  END {
    function_name = "_" name
    gsub(/-/, "_", function_name)
    printf "# bash completion of %s, made from its --help.\n", name
    printf "%s() {\n  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}\n  COMPREPLY=()\n", function_name
    if (cases != "") printf "  case $before in\n%s  esac\n", cases
    printf "  if [[ $word == -* ]]; then\n    COMPREPLY=($(compgen -W \"%s\" -- \"$word\"))\n  fi\n}\n", substr(all, 2)
    printf "complete -o default -F %s %s\n", function_name, name
  }' >"$2.new"
mv "$2.new" "$2"
