#!/usr/bin/env bash
# Builds the test cluster's programs from published Go modules: about seven minutes of CPU the first time, nothing after.
# usage: build.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
out=${1:?usage: build.sh FOLDER}
mkdir -p "$out" && out=$(cd "$out" && pwd)
kwok=v0.7.0

key=$(cat "$here/main.go" "$here/go.mod" "$here/go.sum" "$here/build.sh" | sha256sum | cut -d' ' -f1)
if [ "$(cat "$out/key" 2>/dev/null)" = "$key" ]; then exit 0; fi
rm -f "$out/key"

cd "$here"
go build -ldflags '-s -w' -o "$out/control-plane" .
for name in kube-apiserver kube-controller-manager kube-scheduler etcd service-account-key; do
  ln -sf control-plane "$out/$name"
done

# kwok pins older Kubernetes modules, so it stays out of the module above.
GOBIN="$out" go install "sigs.k8s.io/kwok/cmd/kwok@$kwok"
cached=$(go env GOMODCACHE)/sigs.k8s.io/kwok@$kwok
rm -rf "$out/crds" && mkdir "$out/crds" && cp "$cached"/kustomize/crd/bases/*.yaml "$out/crds/" && chmod u+w "$out"/crds/*
echo "$key" > "$out/key"
