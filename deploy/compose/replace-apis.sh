#!/bin/sh
# Replaces the apis of compose.yaml by as many of the images, .env and secrets/ of now, so that no request fails. First it
# tries one that no client reaches: where that doesn't get ready, none is replaced, and it says why. It can be run again.
set -eu
cd "$(dirname "$0")"

# So many seconds an api has to get ready.
limit=60
# HAProxy has room for ten, which are the old ones and the new ones for a moment.
most=5

ask='fetch("http://127.0.0.1:8000/readyz").then(async (answer) => {
  console.log(await answer.text());
  process.exitCode = answer.ok ? 0 : 1;
})'

ready() {
  for _ in $(seq "$limit"); do
    if said=$(docker exec "$1" node -e "$ask" 2>&1); then return; fi
    sleep 1
  done
  echo "The api $1 is not ready: $said" >&2
  return 1
}

# One that was stopped would be started again as it was, and count as one of the new ones.
docker compose rm --force api > /dev/null
old=$(docker compose ps --quiet api)
if [ -z "$old" ]; then
  echo "No api runs here: docker compose up --detach --wait starts all of it." >&2
  exit 1
fi
count=$(echo "$old" | wc -l)
if [ "$count" -gt "$most" ]; then
  echo "More than $most apis run: docker compose up --detach --no-recreate --scale api=$most leaves as many as can be replaced." >&2
  exit 1
fi

# It has no alias in the network, so HAProxy doesn't find it.
tried=$(docker compose run --detach --no-deps api)
trap 'docker rm --force "$tried" > /dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
if ! ready "$tried"; then
  docker logs --tail 5 "$tried" >&2
  echo "No api was replaced." >&2
  exit 1
fi
docker stop "$tried" > /dev/null

docker compose up --detach --wait --no-deps --no-recreate --scale "api=$((2 * count))" api
for api in $(docker compose ps --quiet api); do ready "$api"; done
for api in $old; do
  # It serves on until HAProxy has noticed.
  docker stop "$api" > /dev/null
  docker rm --force "$api" > /dev/null
done
