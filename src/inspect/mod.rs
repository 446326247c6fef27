//! What proxies and istiod know: views over config dumps, proxy status, ztunnel, describe.
