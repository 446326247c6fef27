#!/usr/bin/env bash
# Runs a command against a throw-away Kubernetes cluster on loopback, and takes the cluster down afterwards.
# usage: with.sh BOWLINE COMMAND [ARGUMENT...]     (the command sees KUBECONFIG)
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
bowline=$(realpath "${1:?usage: with.sh BOWLINE COMMAND...}"); shift
programs=${BOWLINE_TEST_CLUSTER:-$here/../../target/test-cluster}
"$here/build.sh" "$programs"; programs=$(cd "$programs" && pwd)

home=$(mktemp -d); pids=()
down() { for ((i = ${#pids[@]} - 1; i >= 0; i--)); do kill "${pids[i]}" 2>/dev/null; done; wait 2>/dev/null; rm -rf "$home"; }
trap down EXIT
open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }
free() { local port; while :; do port=$((20000 + RANDOM % 30000)); open "$port" || { echo "$port"; return; }; done; }
start() { local name=$1; shift; (cd "$home" && exec "$programs/$name" "$@" > "$home/$name.log" 2>&1) & pids+=($!); }
until_() { for _ in $(seq 300); do if "$@" > /dev/null 2>&1; then return; fi; sleep 0.2; done; echo "with.sh: not within a minute: $*" >&2; exit 1; }

store=$(free); api=$(free); controllers=$(free); scheduler=$(free); nodes=$(free)
"$programs/service-account-key" "$home/sa.key"
echo 'demo-token,admin,admin,"system:masters"' > "$home/tokens.csv"
export KUBECONFIG=$home/kubeconfig
cat > "$KUBECONFIG" <<EOF
{apiVersion: v1, kind: Config, current-context: demo,
 clusters: [{name: demo, cluster: {server: "https://127.0.0.1:$api", insecure-skip-tls-verify: true}}],
 users: [{name: admin, user: {token: demo-token}}],
 contexts: [{name: demo, context: {cluster: demo, user: admin}}]}
EOF
start etcd "$home/etcd" "http://127.0.0.1:$store"; until_ open "$store"
start kube-apiserver --etcd-servers="http://127.0.0.1:$store" --secure-port="$api" --bind-address=127.0.0.1 \
  --advertise-address=127.0.0.1 --cert-dir="$home/certs" --service-account-key-file="$home/sa.key" \
  --service-account-signing-key-file="$home/sa.key" --service-account-issuer=https://kubernetes.default.svc \
  --token-auth-file="$home/tokens.csv" --authorization-mode=RBAC --service-cluster-ip-range=10.96.0.0/16 \
  --allow-privileged --endpoint-reconciler-type=none
until_ "$bowline" tag list
start kube-controller-manager --kubeconfig="$KUBECONFIG" --service-account-private-key-file="$home/sa.key" \
  --use-service-account-credentials=false --leader-elect=false '--controllers=*,-nodeipam,-route' --bind-address=127.0.0.1 \
  --secure-port="$controllers" --root-ca-file="$home/certs/apiserver.crt"
start kube-scheduler --kubeconfig="$KUBECONFIG" --leader-elect=false --authentication-kubeconfig="$KUBECONFIG" \
  --authorization-kubeconfig="$KUBECONFIG" --bind-address=127.0.0.1 --secure-port="$scheduler"
for file in "$programs"/crds/*.yaml; do
  case $file in *kustomization*) ;; *) until_ "$bowline" restore -y "$file" ;; esac
done
start kwok --kubeconfig="$KUBECONFIG" --manage-all-nodes=true --cidr=10.0.0.1/24 --node-ip=127.0.0.1 --node-port="$nodes" \
  --server-address="127.0.0.1:$nodes" --node-lease-duration-seconds=40 \
  --enable-crds=PortForward,ClusterPortForward,Exec,ClusterExec,Logs,ClusterLogs
for name in node-a node-b; do
  cat > "$home/node.yaml" <<EOF
{apiVersion: v1, kind: Node,
 metadata: {name: $name, annotations: {kwok.x-k8s.io/node: fake}, labels: {kubernetes.io/hostname: $name, kubernetes.io/os: linux}},
 status: {allocatable: {cpu: "64", memory: 256Gi, pods: "500"}, capacity: {cpu: "64", memory: 256Gi, pods: "500"}}}
EOF
  until_ "$bowline" restore -y "$home/node.yaml"
done
"$@"
