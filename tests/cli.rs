//! The command line as a whole: its tree against the reference's, its errors, its exit codes.

mod support;

use std::collections::BTreeSet;

use clap::ArgAction;
use support::{bowline, outcome, shared};

/// Commands of the reference whose flags are read elsewhere than in the tree.
const HELP: &str = "help";

fn reference() -> Option<serde_json::Value> {
    let path = shared("reference/cli.json")?;
    let text = std::fs::read_to_string(path).expect("cli.json is readable");
    Some(serde_json::from_str(&text).expect("cli.json is JSON"))
}

fn find<'c>(root: &'c clap::Command, path: &str) -> Option<&'c clap::Command> {
    path.split(' ').skip(1).try_fold(root, |node, name| node.get_subcommands().find(|sub| sub.get_name() == name))
}

#[test]
fn every_command_of_the_reference_is_there() {
    let Some(reference) = reference() else { return };
    let root = bowline::cli::command();
    let paths = reference["commands"].as_array().expect("a list").iter().filter_map(|c| c["path"].as_str());
    let missing: Vec<&str> = paths.filter(|path| find(&root, path).is_none()).collect();
    assert_eq!(missing, Vec::<&str>::new());
}

#[test]
fn every_command_takes_the_flags_of_the_reference() {
    let Some(reference) = reference() else { return };
    let root = bowline::cli::command();
    let mut wrong = Vec::new();
    for command in reference["commands"].as_array().expect("a list") {
        let path = command["path"].as_str().unwrap_or_default();
        let Some(node) = find(&root, path).filter(|_| !path.ends_with(HELP) && path != "istioctl") else { continue };
        let aliases: BTreeSet<&str> = node.get_all_aliases().collect();
        for alias in command["aliases"].as_array().into_iter().flatten().filter_map(|a| a.as_str()) {
            if !aliases.contains(alias) {
                wrong.push(format!("{path}: alias {alias} is missing"));
            }
        }
        for flag in command["flags"].as_array().into_iter().flatten() {
            wrong.extend(check_flag(&root, path, flag));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}

/// What is wrong with one flag: missing, another shorthand, another kind, another default.
fn check_flag(root: &clap::Command, path: &str, flag: &serde_json::Value) -> Option<String> {
    let name = flag["name"].as_str()?;
    let mut chain = vec![root];
    for word in path.split(' ').skip(1) {
        chain.push(chain.last()?.get_subcommands().find(|sub| sub.get_name() == word)?);
    }
    let last = chain.len() - 1;
    let found = chain.iter().enumerate().rev().find_map(|(depth, command)| {
        command.get_arguments().find(|arg| {
            (depth == last || arg.is_global_set())
                && (arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|a| a.contains(&name)))
        })
    });
    let Some(arg) = found else { return Some(format!("{path} --{name}: missing")) };
    let short = flag["shorthand"].as_str().and_then(|s| s.chars().next());
    let aliased = arg.get_long() != Some(name);
    if short.is_some()
        && arg.get_short() != short
        && !arg.get_all_short_aliases().is_some_and(|a| short.is_some_and(|s| a.contains(&s)))
    {
        return Some(format!("{path} --{name}: shorthand {:?}, want {short:?}", arg.get_short()));
    }
    let switch = matches!(arg.get_action(), ArgAction::SetTrue)
        || (matches!(arg.get_action(), ArgAction::Set)
            && arg.get_value_parser().type_id() == std::any::TypeId::of::<bool>());
    let kind = flag["type"].as_str().unwrap_or_default();
    if (kind == "bool") != switch {
        return Some(format!("{path} --{name}: is {}a switch, want {kind}", if switch { "" } else { "not " }));
    }
    let many = matches!(arg.get_action(), ArgAction::Append);
    if ["stringArray", "stringSlice", "stringToString"].contains(&kind) != many {
        return Some(format!("{path} --{name}: {} values, want {kind}", if many { "many" } else { "one" }));
    }
    let default = arg.get_default_values().first().map(|v| v.to_string_lossy().into_owned()).unwrap_or_default();
    let want = flag["default"].as_str().unwrap_or_default();
    // `version --remote` and `--short` say false but start as true (cli.md 7.2).
    let quirk = path.ends_with("version") && ["remote", "short"].contains(&name)
        // What these two mean when they are not given depends on the terminal and on the other flags.
        || path == "istioctl analyze" && ["output", "use-kube"].contains(&name)
        // The default belongs to the subcommands' own flags.
        || ["istioctl admin", "istioctl proxy-config"].contains(&path);
    let empty = ["", "false", "[]", "0", "0s"];
    let same = default == want || (empty.contains(&want) && empty.contains(&default.as_str()));
    let exempt = many || aliased || quirk;
    (!same && !exempt).then(|| format!("{path} --{name}: default {default:?}, want {want:?}"))
}

#[test]
fn mistakes_on_the_command_line_are_told_and_end_with_64() {
    let lines: [&[&str]; 14] = [
        &["vrsion"],
        &["frobnicate"],
        &["--nope"],
        &["version", "-o"],
        &["version", "-zo"],
        &["version", "--vklog=x"],
        &["x", "add-to-mesh"],
        &["completion", "bash", "extra"],
        &["manifest", "generat"],
        &["manifest", "generate", "--dryrun"],
        &["manifest", "generate", "-o", "yaml"],
        &["profile", "lst"],
        &["proxy-config", "workload", "pod"],
        &["experimental", "waypoint", "list"],
    ];
    let text: String =
        lines.iter().map(|line| format!("$ bowline {}\n{}\n", line.join(" "), outcome(&mut bowline(line)))).collect();
    insta::assert_snapshot!(text);
}

/// Groups that the reference can run reject a word with 1; the others print their help, which only the strict contract copies.
#[test]
fn an_unknown_word_below_a_group_ends_as_the_contract_says() {
    let exit = |words: &[&str]| bowline(words).output().expect("the built binary starts").status.code();
    for group in ["admin", "dashboard", "tag", "waypoint"] {
        assert_eq!(exit(&[group, "nope"]), Some(1), "{group}");
        assert_eq!(exit(&["--compat=strict", group, "nope"]), Some(1), "{group}");
    }
    for group in ["experimental", "manifest", "proxy-config", "ztunnel-config", "completion"] {
        assert_eq!(exit(&[group, "nope"]), Some(64), "{group}");
        let strict = bowline(&["--compat", group, "nope"]).output().expect("the built binary starts");
        assert_eq!(strict.status.code(), Some(0), "{group}");
        assert!(String::from_utf8_lossy(&strict.stdout).contains("Usage:"), "{group} prints its help");
    }
    let gone = bowline(&["--compat", "x", "revision", "list"]).output().expect("the built binary starts");
    assert_eq!(gone.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&gone.stderr).contains("revision describe"), "the new place is told");
}

#[test]
fn the_version_is_told_in_every_format() {
    let lines: [&[&str]; 5] = [
        &["version", "--remote=false"],
        &["version", "--remote=false", "--short=false"],
        &["version", "--remote=false", "-o", "json"],
        &["version", "--remote=false", "-o=yaml"],
        &["version", "--remote=false", "-oxml"],
    ];
    let text: String =
        lines.iter().map(|line| format!("$ bowline {}\n{}\n", line.join(" "), outcome(&mut bowline(line)))).collect();
    insta::assert_snapshot!(text);
}

#[test]
fn defaults_come_from_the_environment_before_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("config.yaml");
    std::fs::write(&file, "istioNamespace: mesh\nxds-port: 15010\n").expect("written");
    let mut command = bowline(&["x", "config", "list"]);
    command.env("ISTIOCONFIG", &file).env("ISTIOCTL_XDS_PORT", "15099");
    let text = outcome(&mut command).replace(&file.to_string_lossy().into_owned(), "FILE");
    insta::assert_snapshot!(text);
}

/// `BLESS=1 cargo test --test cli` writes the file anew.
#[test]
fn the_printed_reference_is_current() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/cli.md");
    let now = bowline::cli::reference();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(path, &now).expect("written");
    }
    let kept = std::fs::read_to_string(path).unwrap_or_default();
    assert!(kept == now, "docs/cli.md is not what the program says; run BLESS=1 cargo test --test cli");
}

/// `BLESS=1 cargo test --test cli` writes the scripts anew.
#[test]
fn the_completion_scripts_are_current() {
    let files =
        [("bash", "bowline.bash"), ("zsh", "_bowline"), ("fish", "bowline.fish"), ("powershell", "bowline.ps1")];
    for (shell, file) in files {
        let now = bowline(&["completion", shell]).output().expect("the built binary starts").stdout;
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("completions").join(file);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &now).expect("written");
        }
        let kept = std::fs::read(&path).unwrap_or_default();
        assert!(kept == now, "completions/{file} is not what the program prints; run BLESS=1 cargo test --test cli");
    }
}
