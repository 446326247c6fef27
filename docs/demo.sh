#!/usr/bin/env bash
# The main job, on a throw-away cluster: install, a second revision beside it, the move, the removal.
# usage: demo.sh BOWLINE     (run by `make demo`, which starts the cluster; without Go it shows what works offline)
set -euo pipefail
bowline=$(realpath "${1:?usage: demo.sh BOWLINE}")
show() { printf '\n\033[1m$ bowline %s\033[0m\n' "$*"; "$bowline" "$@"; }

if [ -z "${KUBECONFIG:-}" ]; then
  echo "Without a cluster (Go builds one): the demo profile, and how a canary revision differs from it."
  folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
  "$bowline" manifest generate --set profile=demo > "$folder/demo.yaml"
  "$bowline" manifest generate --set profile=demo --set revision=canary > "$folder/canary.yaml"
  printf '%s lines, %s objects\n' "$(wc -l < "$folder/demo.yaml")" "$(grep -c '^kind:' "$folder/demo.yaml")"
  show manifest diff "$folder/demo.yaml" "$folder/canary.yaml" | head -60 || true
  exit 0
fi

show install --set profile=demo -y
show install --set profile=demo --dry-run
show revision list
show install --set profile=minimal --revision canary -y
show tag set prod --revision canary
show revision list
show tag list
show tag remove prod -y
show uninstall --revision canary -y
show uninstall --purge -y
