//! Where profiles and charts come from: the embedded ones, or a folder given with `--manifests`.

use std::path::PathBuf;
use std::{fs, io};

use serde_json::Value;

use super::merge::as_floats;
use crate::chart::embedded;
use crate::ui::nearest::nearest;
use crate::yaml;

/// A set of profiles and charts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Package {
    Embedded,
    /// A folder with `profiles/` and `charts/`.
    Folder(PathBuf),
}

/// Why there is no such profile.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("profile \"{name}\" not found{place}; {known}")]
    NoProfile { name: String, place: String, known: String },
    #[error("profile {name}: {reason}")]
    Profile { name: String, reason: String },
    #[error("{path}")]
    Io { path: String, source: io::Error },
}

impl Package {
    /// The package at a path; an empty path means the embedded one.
    pub fn at(path: &str) -> Package {
        if path.is_empty() { Package::Embedded } else { Package::Folder(PathBuf::from(path)) }
    }

    /// Names of its profiles, sorted.
    pub fn profiles(&self) -> Vec<String> {
        let mut names: Vec<String> = match self {
            Package::Embedded => embedded::paths().filter_map(profile_name).collect(),
            Package::Folder(folder) => fs::read_dir(folder.join("profiles"))
                .map(|entries| {
                    entries.flatten().filter_map(|entry| profile_name(&entry.file_name().to_string_lossy())).collect()
                })
                .unwrap_or_default(),
        };
        names.sort();
        names.dedup();
        names
    }

    /// The text of a profile.
    ///
    /// # Errors
    /// When there is none of that name.
    pub fn profile_text(&self, name: &str) -> Result<String, Error> {
        let missing = || {
            let place = match self {
                Package::Embedded => String::new(),
                Package::Folder(folder) => format!(" in {}", folder.join("profiles").display()),
            };
            let known = self.known(name);
            Error::NoProfile { name: name.to_owned(), place, known }
        };
        if name.contains(['/', '\\']) {
            return Err(missing());
        }
        match self {
            Package::Embedded => {
                let bytes = embedded::file(&format!("{name}.yaml")).ok_or_else(missing)?;
                Ok(String::from_utf8_lossy(&bytes).into_owned())
            }
            Package::Folder(folder) => {
                let path = folder.join("profiles").join(format!("{name}.yaml"));
                match fs::read_to_string(&path) {
                    Ok(text) => Ok(text),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => Err(missing()),
                    Err(source) => Err(Error::Io { path: path.display().to_string(), source }),
                }
            }
        }
    }

    /// What there is instead of this profile, in words.
    fn known(&self, name: &str) -> String {
        let names = self.profiles();
        if let Package::Folder(folder) = self
            && names.is_empty()
        {
            let missing = if folder.is_dir() { folder.join("profiles") } else { folder.clone() };
            let what = if missing.is_dir() { "no profile is in" } else { "there is no folder" };
            return format!("{what} {}", missing.display());
        }
        let list = names.join(", ");
        if name.contains(['/', '\\']) {
            return format!("a profile is a name, and a file is given with -f; there are {list}");
        }
        match nearest(name, names.iter().map(String::as_str)) {
            Some(near) => format!("did you mean \"{near}\"? There are {list}"),
            None => format!("there are {list}"),
        }
    }

    /// A profile as a document, without what it rests on.
    ///
    /// # Errors
    /// When there is none of that name, or it is no YAML map.
    pub fn profile(&self, name: &str) -> Result<Value, Error> {
        let text = self.profile_text(name)?;
        let mut value = yaml::from_str(&text)
            .map_err(|error| Error::Profile { name: name.to_owned(), reason: error.to_string() })?;
        if !value.is_object() {
            return Err(Error::Profile { name: name.to_owned(), reason: "it is no map".to_owned() });
        }
        as_floats(&mut value);
        Ok(value)
    }
}

/// `demo` of `demo.yaml`; nothing for other files and files in folders.
fn profile_name(path: &str) -> Option<String> {
    path.strip_suffix(".yaml").filter(|name| !name.contains('/')).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embedded_profiles_are_listed_and_read() {
        let names = Package::Embedded.profiles();
        assert_eq!(
            names,
            [
                "ambient",
                "default",
                "demo",
                "empty",
                "minimal",
                "openshift",
                "openshift-ambient",
                "preview",
                "production",
                "remote",
                "stable"
            ]
        );
        for name in names {
            assert!(Package::Embedded.profile(&name).is_ok(), "{name}");
        }
    }

    #[test]
    fn an_unknown_profile_says_which_there_are() {
        let error = Package::Embedded.profile("nope").unwrap_err().to_string();
        assert!(error.starts_with("profile \"nope\" not found; there are ambient, default, demo"), "{error}");
        assert!(Package::Embedded.profile("../demo").is_err());
    }
}
