#!/usr/bin/env bash
# The main job, on a throw-away cluster: install, a guided move to a second revision, the removal.
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

folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT
say() { printf '\n\033[2m# %s\033[0m\n' "$*"; }
cat > "$folder/shop.yaml" <<'EOF'
{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {istio-injection: enabled}}}
EOF

say "The demo profile on an empty cluster; a second look finds nothing to change."
show install --set profile=demo -y
show install --set profile=demo --dry-run
say "A namespace joins the mesh. Then a second control plane, and the namespace moves."
show restore -y "$folder/shop.yaml"
show upgrade canary --revision canary -y
say "The gateways are shared, so they move by their own step; then the new revision becomes the default."
show install --set profile=demo --revision canary --include ingressGateways --include egressGateways -y
show upgrade status
show upgrade promote --remove-old -y
show revision list
say "And everything goes again."
show uninstall --purge -y
