#!/bin/sh
# Makes the secrets of compose.yaml, each in a file of its own in secrets/, or in the folder that is given. What is there
# already stays. MONGO_USER is the user of the database, nebula unless set. Nobody but you gets into the folder; the
# files themselves can be read by the users of the containers.
set -eu
folder=${1:-$(dirname "$0")/secrets}

mkdir -p "$folder"
chmod 700 "$folder"

make() {
  [ -s "$folder/$1" ] && return
  # One of a run that was ended can't be written to any more.
  rm -f "$folder/$1.new"
  printf %s "$2" > "$folder/$1.new"
  chmod 444 "$folder/$1.new"
  mv "$folder/$1.new" "$folder/$1"
}

random() {
  od -An -N24 -tx1 /dev/urandom | tr -d ' \n'
}

make mongo_user "${MONGO_USER:-nebula}"
make mongo_password "$(random)"
make mongo_url "mongodb://$(cat "$folder/mongo_user"):$(cat "$folder/mongo_password")@mongo:27017/?authSource=admin"
make rabbit_admin_password "$(random)"
make rabbit_api_password "$(random)"
make rabbit_worker_password "$(random)"
make admin_password "$(random)"
make secret_keys "k1:$(head -c 32 /dev/urandom | base64)"
