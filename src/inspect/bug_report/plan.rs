//! What is asked of each container, and where in the archive the answer goes.

use super::workloads::{Container, Role};

/// One question to the cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The log of this container.
    Log,
    /// A page of istiod's monitoring port.
    Istiod(String),
    /// A page of the proxy's admin port.
    Admin(String),
    /// What a command prints.
    Exec(&'static [&'static str]),
    /// The core dumps found in the container; their names alone unless secrets may be shown.
    Cores,
}

/// A question to one container.
#[derive(Clone, Debug)]
pub struct Item<'c> {
    /// In the archive.
    pub path: String,
    pub container: &'c Container,
    pub question: Question,
}

const ISTIOD_DEBUG: &[&str] = &[
    "adsz",
    "ambientz",
    "authorizationz",
    "cachez",
    "clusterz",
    "configz",
    "endpointShardz",
    "endpointz",
    "inject",
    "krtz",
    "instancesz",
    "mcsz",
    "mesh",
    "networkz",
    "push_status",
    "registryz",
    "resourcesz",
    "syncz",
    "telemetryz",
];

const ENVOY: &[&str] = &[
    "certs",
    "clusters",
    "config_dump?include_eds",
    "listeners",
    "memory",
    "server_info",
    "stats/prometheus",
    "runtime",
];

const ZTUNNEL: &[&str] = &["config_dump"];

/// What is left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct Left {
    pub proxy_debug: bool,
    pub netstat: bool,
    pub core_dumps: bool,
    /// The logs of containers that are not part of the mesh.
    pub application_logs: bool,
}

/// Every question to these containers. What needs no data plane comes first, so that a report cut short is still of use.
pub fn questions<'c>(containers: &'c [Container], left: Left) -> Vec<Item<'c>> {
    let mut all: Vec<(u8, Item<'c>)> = Vec::new();
    for container in containers {
        let at = format!("{}/{}", container.namespace, container.pod);
        let mut ask = |rank: u8, path: String, question: Question| all.push((rank, Item { path, container, question }));
        match container.role {
            Role::Istiod => {
                ask(0, format!("istio/{at}/discovery.log"), Question::Log);
                for page in ISTIOD_DEBUG {
                    ask(1, format!("istio/{at}/debug/{page}"), Question::Istiod(format!("/debug/{page}")));
                }
                for page in ["metrics", "version"] {
                    ask(1, format!("istio/{at}/{page}"), Question::Istiod(format!("/{page}")));
                }
            }
            Role::Cni => ask(0, format!("cni/{}/cni.log", container.pod), Question::Log),
            Role::Ztunnel | Role::Proxy => {
                ask(2, format!("proxies/{at}/istio-proxy.log"), Question::Log);
                let pages = if container.role == Role::Proxy { ENVOY } else { ZTUNNEL };
                for page in pages.iter().filter(|_| !left.proxy_debug) {
                    ask(3, format!("proxies/{at}/{page}"), Question::Admin(format!("/{page}")));
                }
                if !left.netstat {
                    ask(4, format!("proxies/{at}/netstat"), Question::Exec(&["netstat", "-natpw"]));
                }
                if !left.core_dumps && container.role == Role::Proxy {
                    ask(4, format!("proxies/{at}/cores"), Question::Cores);
                }
            }
            Role::Application if !left.application_logs => {
                ask(2, format!("applications/{at}/{}.log", container.name), Question::Log);
            }
            Role::Application => {}
        }
    }
    all.sort_by_key(|(rank, _)| *rank);
    all.into_iter().map(|(_, item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_role_is_asked_its_own_questions() {
        let of = |role: Role, left: Left| {
            let container = Container {
                namespace: "n".to_owned(),
                pod: "p".to_owned(),
                name: "c".to_owned(),
                role,
                ..Container::default()
            };
            questions(&[container], left).into_iter().map(|item| item.path).collect::<Vec<_>>()
        };
        let bare = Left { proxy_debug: true, netstat: true, core_dumps: true, application_logs: true };
        assert_eq!(of(Role::Proxy, bare), ["proxies/n/p/istio-proxy.log"]);
        assert_eq!(of(Role::Application, bare), [""; 0]);
        assert_eq!(of(Role::Application, Left::default()), ["applications/n/p/c.log"]);
        assert_eq!(of(Role::Cni, bare), ["cni/p/cni.log"]);
        assert_eq!(
            of(Role::Ztunnel, Left::default()),
            ["proxies/n/p/istio-proxy.log", "proxies/n/p/config_dump", "proxies/n/p/netstat"]
        );
        assert_eq!(of(Role::Istiod, bare).len(), 22);
        assert_eq!(of(Role::Proxy, Left::default()).len(), 11);
    }
}
