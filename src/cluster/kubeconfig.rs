//! Which server, as whom: `--kubeconfig`, else the files in `KUBECONFIG`, else the pod's own account, else
//! `~/.kube/config`, else a local server without TLS.

use std::path::{Path, PathBuf};

use kube::Config;
use kube::config::{KubeConfigOptions, Kubeconfig};

use super::{Error, Target};

pub(super) async fn config(target: &Target) -> Result<Config, Error> {
    let mut config = match kubeconfig(target)? {
        Some(kubeconfig) => from_kubeconfig(kubeconfig, target).await?,
        None => match Config::incluster() {
            Ok(config) => config,
            Err(_) => match home_config()? {
                Some(kubeconfig) => from_kubeconfig(kubeconfig, target).await?,
                None => fallback(target)?,
            },
        },
    };
    if !target.as_user.is_empty() {
        config.auth_info.impersonate = Some(target.as_user.clone());
        config.auth_info.impersonate_uid = Some(target.as_uid.clone()).filter(|uid| !uid.is_empty());
        config.auth_info.impersonate_groups = Some(target.as_groups.clone()).filter(|groups| !groups.is_empty());
    }
    config.connect_timeout = Some(target.request_timeout);
    Ok(config)
}

/// The current context of a configuration that came from elsewhere.
pub(super) async fn config_of_text(text: &str) -> Result<Config, Error> {
    let failed = |error: &(dyn std::error::Error + 'static)| Error::Config { reason: super::error::chain(error) };
    let kubeconfig = Kubeconfig::from_yaml(text).map_err(|error| failed(&error))?;
    let runs_programs = |user: &kube::config::NamedAuthInfo| {
        user.auth_info.as_ref().is_some_and(|auth| auth.exec.is_some() || auth.auth_provider.is_some())
    };
    if kubeconfig.auth_infos.iter().any(runs_programs) {
        return Err(Error::Config { reason: "it wants a program to be run for credentials".to_owned() });
    }
    let options = KubeConfigOptions::default();
    Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|error| failed(&error))
}

/// The names of all contexts.
pub(super) fn contexts(target: &Target) -> Vec<String> {
    let found = match kubeconfig(target) {
        Ok(Some(found)) => Some(found),
        Ok(None) => home_config().ok().flatten(),
        Err(_) => None,
    };
    found.into_iter().flat_map(|config| config.contexts).map(|context| context.name).collect()
}

/// The namespace of the selected context, if one is named and readable.
pub(super) fn context_namespace(target: &Target) -> Option<String> {
    let kubeconfig = match kubeconfig(target).ok()? {
        Some(kubeconfig) => kubeconfig,
        None => home_config().ok()??,
    };
    let name = match target.context.as_str() {
        "" => kubeconfig.current_context?,
        given => given.to_owned(),
    };
    let context = kubeconfig.contexts.into_iter().find(|context| context.name == name)?.context?;
    context.namespace.filter(|namespace| !namespace.is_empty())
}

async fn from_kubeconfig(kubeconfig: Kubeconfig, target: &Target) -> Result<Config, Error> {
    let context = Some(target.context.clone()).filter(|context| !context.is_empty());
    if let Some(name) = &context
        && !kubeconfig.contexts.iter().any(|known| known.name == *name)
    {
        let known: Vec<&str> = kubeconfig.contexts.iter().map(|context| context.name.as_str()).collect();
        return Err(Error::Config {
            reason: format!("context \"{name}\" does not exist; there are: {}", known.join(", ")),
        });
    }
    if context.is_none() && kubeconfig.current_context.as_ref().is_none_or(String::is_empty) {
        return fallback(target);
    }
    let options = KubeConfigOptions { context, cluster: None, user: None };
    Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .map_err(|error| Error::Config { reason: super::error::chain(&error) })
}

/// The configuration that was named, by flag or environment.
fn kubeconfig(target: &Target) -> Result<Option<Kubeconfig>, Error> {
    if !target.kubeconfig.is_empty() {
        let path = Path::new(&target.kubeconfig);
        if !path.exists() {
            let reason = format!("stat {}: no such file or directory", path.display());
            return Err(Error::Config { reason });
        }
        return read(path).map(Some);
    }
    let Some(list) = std::env::var_os("KUBECONFIG").filter(|list| !list.is_empty()) else { return Ok(None) };
    let mut merged: Option<Kubeconfig> = None;
    for path in std::env::split_paths(&list).filter(|path| path.exists()) {
        let next = read(&path)?;
        merged = Some(match merged {
            None => next,
            Some(first) => first.merge(next).map_err(|error| Error::Config { reason: super::error::chain(&error) })?,
        });
    }
    Ok(merged)
}

fn home_config() -> Result<Option<Kubeconfig>, Error> {
    if std::env::var_os("KUBECONFIG").is_some_and(|list| !list.is_empty()) {
        return Ok(None); // named files win over the one at home, even when they are missing
    }
    let Some(home) = std::env::var_os("HOME").filter(|home| !home.is_empty()) else { return Ok(None) };
    let path = PathBuf::from(home).join(".kube").join("config");
    if path.exists() { read(&path).map(Some) } else { Ok(None) }
}

fn read(path: &Path) -> Result<Kubeconfig, Error> {
    Kubeconfig::read_from(path)
        .map_err(|error| Error::Config { reason: format!("{}: {}", path.display(), super::error::chain(&error)) })
}

fn fallback(target: &Target) -> Result<Config, Error> {
    if !target.context.is_empty() {
        return Err(Error::Config { reason: format!("context \"{}\" does not exist", target.context) });
    }
    Ok(Config::new(http::Uri::from_static("http://localhost:8080")))
}
