#!/bin/sh
# Removes the services that install.sh has installed. Containers of apps go on; delete the apps first to have the
# workers remove them.
#
#   sh uninstall.sh [--purge]      as root; --purge also removes /etc/nebula and what the worker has kept
#
# DESTDIR  folder in place of /, as for a package; nothing is stopped then
set -eu

root=${DESTDIR:-}

fail() { echo "uninstall.sh: $1" >&2; exit 1; }

case $# in 0) purge=no ;; *) purge=$1 ;; esac
case $purge in no | --purge) ;; *) fail "there is no option \"$purge\": there is --purge" ;; esac
[ -n "$root" ] || [ "$(id -u)" = 0 ] || fail 'only root can remove services: run it with sudo'

for service in api worker; do
  unit=$root/etc/systemd/system/nebula-$service.service
  [ -e "$unit" ] || continue
  [ -n "$root" ] || systemctl disable --now --quiet "nebula-$service"
  rm "$unit"
done
[ -n "$root" ] || systemctl daemon-reload
rm -rf "$root/usr/local/lib/nebula"
# An installation that was killed leaves these.
rm -f "$root"/etc/systemd/system/nebula-*.service.new "$root"/etc/nebula/*.env.new
if [ "$purge" = --purge ]; then
  rm -rf "$root/etc/nebula" "$root/var/lib/nebula-worker" "$root/var/lib/private/nebula-worker"
fi
