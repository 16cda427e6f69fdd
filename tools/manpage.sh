#!/bin/sh
# Writes the man page of a program from what it says of itself: manpage.sh PROGRAM PAGE
set -eu
export LC_ALL=C.UTF-8
mkdir -p "$(dirname "$2")"
# The first line is "NAME: what it does."; what stands behind the colon names the page.
purpose=$("$1" --help | sed -n '1{s/^[^:]*: *//;s/\.$//;p;q}')
# help2man runs this in the program's place: the same help, in the layout that help2man knows.
stand_in="$2.help"
trap 'rm -f "$stand_in" "$2.new"' EXIT
cat >"$stand_in" <<EOF
#!/bin/sh
"$(realpath "$1")" "\$@" | sed -E \
  -e '1{/: /{s/^[^:]*: *//;s/^./\U&/;s/[^.]$/&./}}' \
  -e 's/^Most common:/*EXAMPLES*/' -e 's/^Positionals:/*ARGUMENTS*/' -e 's/^Exit status:/*EXIT STATUS*/' \
  -e 's/TEXT:\{/{/' \
  -e 's/^  (-[^ ]+ [^ ]*[A-Z{][^ ]*) ([^ ])/  \1  \2/' -e 's/^  (-[^ ,]+),(--)/  \1, \2/'
EOF
chmod +x "$stand_in"
help2man --no-info --locale=C.UTF-8 --section=1 --manual="tape" --source="tape" --name="$purpose" --output="$2.new" "$stand_in"
# The program's own name, not its stand-in's.
name=$(basename "$1")
sed -e "s/$(basename "$stand_in" | sed 's/-/\\\\*-/g')/$name/g" "$2.new" >"$2"
