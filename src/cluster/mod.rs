//! The Kubernetes API server: client, discovery, port-forward, exec, server-side apply, waiting.
