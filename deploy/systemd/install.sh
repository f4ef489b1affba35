#!/bin/sh
# Installs the api, the worker, or both as services of systemd, from the files that `npm run bundle` makes.
#
#   sh install.sh api|worker...      as root; again for an update
#
# FROM     folder with nebula-api.mjs and nebula-worker.mjs; this one, or dist/ of the repository
# NODE     the program, 20.19 or later, by its path or its name; the node on the PATH
# DESTDIR  folder in place of /, as for a package; nothing is started then
set -eu

here=$(cd "$(dirname "$0")" && pwd)
from=${FROM:-$here}
[ -n "${FROM:-}" ] || [ -e "$from/nebula-worker.mjs" ] || from=$here/../../dist
node=$(command -v "${NODE:-node}" || true)
# A service is started in another folder.
case $node in
  '' | /*) ;;
  *) node=$(cd "$(dirname "$node")" && pwd)/${node##*/} ;;
esac
root=${DESTDIR:-}
lib=/usr/local/lib/nebula

fail() { echo "install.sh: $1" >&2; exit 1; }

# Everything is looked at before anything is changed.
[ $# -gt 0 ] || fail 'say what to install: api, worker, or both'
for service in "$@"; do
  case $service in api | worker) ;; *) fail "there is no service \"$service\": it must be api or worker" ;; esac
  [ -r "$from/nebula-$service.mjs" ] || fail "$from/nebula-$service.mjs is missing: run \"npm run bundle\", or set FROM to its folder"
  for file in "nebula-$service.service" "$service.env" README.md uninstall.sh; do
    [ -r "$here/$file" ] || fail "$here/$file is missing: run install.sh in the folder that it came in"
  done
  if [ "$service" = api ]; then
    for folder in swagger-ui node_modules; do
      [ -d "$from/$folder" ] || fail "$from/$folder is missing: take all that \"npm run bundle\" makes, not the file alone"
    done
  fi
done
[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'only root can install services: run it with sudo'
[ -x "$node" ] || fail 'there is no node on the PATH: install Node 20.19 or later, or set NODE to the program'
"$node" -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' ||
  fail "$node is $("$node" --version), but 20.19 or later is needed"
# The services see no home folders, and have folders of their own for temporary files.
for path in "$node" "$(readlink -f "$node")"; do
  case $path in
    /home/* | /root/* | /run/user/*) where='in a home folder' ;;
    /tmp/* | /var/tmp/*) where='in a folder for temporary files' ;;
    *) continue ;;
  esac
  [ "$path" = "$node" ] || where="a link to $path, $where"
  fail "$node is $where, which the services can't see: set NODE to another one"
done
[ -n "$root" ] || [ -d /run/systemd/system ] || fail 'systemd does not run on this machine'
case " $* " in
  *' worker '*) [ -n "$root" ] || getent group docker >/dev/null || fail 'there is no group docker: install Docker first' ;;
esac

# The services run as users that own nothing.
umask 022
# All of it is made beside what there is before any takes its place, so that a full disk leaves the services as they were.
new=$root$lib/new
units=$root/etc/systemd/system
config=$root/etc/nebula
old=$root$lib/old
trap 'rm -rf "$new" "$old" "$units"/nebula-*.service.new "$config"/*.env.new' EXIT
# A shell may end of a signal without what is to be done at its exit.
trap 'exit 1' HUP INT TERM
rm -rf "$new" "$old"
install -d -m 0755 "$root$lib" "$new" "$old" "$units"
install -d -m 0700 "$config"
for service in "$@"; do
  install -m 0644 "$from/nebula-$service.mjs" "$new"
  # The page to try the api with, and what compares hashed passwords.
  [ "$service" != api ] || cp -R "$from/swagger-ui" "$from/node_modules" "$new"
  sed "s#^ExecStart=/usr/bin/node #ExecStart=$node #" "$here/nebula-$service.service" >"$units/nebula-$service.service.new"
  install -m 0600 "$here/$service.env" "$config/$service.env.new"
done
install -m 0644 "$here/README.md" "$new"
install -m 0755 "$here/uninstall.sh" "$new"

# What was copied has the modes that it had, which another umask may have made.
chmod -R u=rwX,go=rX "$new"

# Renames alone, which nothing but a kill may leave half done.
trap '' HUP INT TERM
for path in "$new"/*; do
  place=$root${lib:?}/${path##*/}
  # Only a file can take the place of another.
  [ ! -d "$place" ] || mv "$place" "$old/"
  mv "$path" "$place"
done
for service in "$@"; do
  # It may be named twice.
  [ ! -e "$units/nebula-$service.service.new" ] || mv "$units/nebula-$service.service.new" "$units/nebula-$service.service"
  # What is configured already stays.
  [ -e "$config/$service.env" ] || mv "$config/$service.env.new" "$config/$service.env"
done
trap 'exit 1' HUP INT TERM

[ -z "$root" ] || exit 0
systemctl daemon-reload
for service in "$@"; do
  systemctl enable --quiet "nebula-$service"
  # An update: the containers of the apps go on while the worker is started anew.
  systemctl try-restart "nebula-$service"
  systemctl is-active --quiet "nebula-$service" ||
    echo "Edit /etc/nebula/$service.env, then run: systemctl start nebula-$service"
done
