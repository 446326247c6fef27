//! `version`: what the control plane and the proxies say they are.

use std::collections::BTreeMap;

use serde_json::{Value, json};

/// What one istiod says about its build.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlPlane {
    pub revision: String,
    pub version: String,
    pub git_revision: String,
    pub status: String,
}

impl ControlPlane {
    /// Reads `VERSION-REVISION-STATUS`, as istiod's `/version` has it.
    pub fn parse(text: &str, revision: &str) -> Self {
        let mut parts = text.trim().rsplitn(3, '-');
        let (status, git, version) = (parts.next().unwrap_or_default(), parts.next(), parts.next());
        let (version, git, status) = match (version, git) {
            (Some(version), Some(git)) => (version, git, status),
            _ => (text.trim(), "", ""),
        };
        ControlPlane {
            revision: revision.to_owned(),
            version: version.to_owned(),
            git_revision: git.to_owned(),
            status: status.to_owned(),
        }
    }

    /// Reads the identifier that istiod puts into its xDS answers: JSON with its build in `Info`.
    pub fn of_identifier(text: &str, revision: &str) -> Option<Self> {
        let identifier: Value = serde_json::from_str(text).ok()?;
        let info = &identifier["Info"];
        let text = |key: &str| info[key].as_str().unwrap_or_default().to_owned();
        Some(ControlPlane {
            revision: revision.to_owned(),
            version: info["version"].as_str()?.to_owned(),
            git_revision: text("revision"),
            status: text("status"),
        })
    }

    /// As the machine formats have it.
    pub fn tree(&self) -> Value {
        json!({"Component": "pilot", "Revision": self.revision, "Info": {
            "version": self.version, "revision": self.git_revision, "golang_version": "", "status": self.status,
            "tag": self.version,
        }})
    }
}

/// A proxy that some istiod serves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proxy {
    pub id: String,
    pub version: String,
    pub kind: String,
}

impl Proxy {
    pub fn tree(&self) -> Value {
        json!({"ID": self.id, "IstioVersion": self.version, "Type": self.kind})
    }
}

/// The proxies of a `debug/syncz` page. Other command lines that ask istiod at the same time are none.
pub fn proxies(page: &Value) -> Vec<Proxy> {
    let text = |one: &Value, key: &str| one[key].as_str().unwrap_or_default().to_owned();
    let all = page.as_array().into_iter().flatten();
    let kind = |one: &Value| match one["proxy_type"].as_str() {
        Some("router") => "gateway".to_owned(),
        kind => kind.unwrap_or_default().to_owned(),
    };
    all.map(|one| Proxy { id: text(one, "proxy"), version: text(one, "istio_version"), kind: kind(one) })
        .filter(|proxy| !proxy.version.starts_with("65536."))
        .collect()
}

/// The lines of text: one version of the control plane if all agree, and how many proxies have which.
pub fn lines(control_planes: &[ControlPlane], proxies: &[Proxy]) -> String {
    let mut text = String::new();
    match control_planes {
        [first, rest @ ..] if rest.iter().all(|other| other.version == first.version) => {
            text.push_str(&format!("control plane version: {}\n", first.version));
        }
        several => several.iter().for_each(|one| text.push_str(&format!("pilot version: {}\n", one.version))),
    }
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    proxies.iter().for_each(|proxy| *counts.entry(&proxy.version).or_default() += 1);
    let counts: Vec<String> = counts.iter().map(|(version, count)| format!("{version} ({count} proxies)")).collect();
    let counts = if counts.is_empty() { "none".to_owned() } else { counts.join(", ") };
    text.push_str(&format!("data plane version: {counts}\n"));
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_identifier_tells_the_build() {
        let text =
            r#"{"Component":"istiod","ID":"istiod-x","Info":{"version":"1.30.3","revision":"56df","status":"Clean"}}"#;
        assert_eq!(
            ControlPlane::of_identifier(text, "default"),
            Some(ControlPlane::parse("1.30.3-56df-Clean", "default"))
        );
        assert_eq!(ControlPlane::of_identifier("istiod", ""), None);
    }

    #[test]
    fn versions_are_told_once_if_they_agree() {
        let istiod = ControlPlane::parse("1.30.3-56df41f-Clean\n", "default");
        let proxy = |id: &str, version: &str| json!({"proxy": id, "istio_version": version, "proxy_type": "sidecar"});
        let seen = proxies(&json!([
            proxy("a.b", "1.30.3"),
            proxy("c.d", "1.29.1"),
            proxy("test-1.default", "65536.65536.65536")
        ]));
        assert_eq!(
            lines(&[istiod.clone(), istiod], &seen),
            "control plane version: 1.30.3\ndata plane version: 1.29.1 (1 proxies), 1.30.3 (1 proxies)\n"
        );
        assert_eq!(lines(&[], &[]), "data plane version: none\n");
    }
}
