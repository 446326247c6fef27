//! `collateral`: the reference of the command line, written as files from the same tree that parses it.

use std::fmt::Write as _;
use std::path::Path;

use clap_complete::env::{Bash, EnvCompleter, Zsh};

use super::{Context, Exit, Failure, Outcome};

/// Write the CLI reference, man pages and completion scripts as files
#[derive(clap::Args, Debug)]
pub struct Collateral {
    /// Every format
    #[arg(long)]
    all: bool,
    /// Completion script for bash
    #[arg(long)]
    bash: bool,
    /// Reference as an HTML fragment with front matter
    #[arg(long = "html_fragment_with_front_matter")]
    html_fragment_with_front_matter: bool,
    /// Man pages
    #[arg(long)]
    man: bool,
    /// Reference as Markdown
    #[arg(long)]
    markdown: bool,
    /// Folder to write to
    #[arg(long = "outputDir", short = 'o', default_value = ".")]
    output_dir: String,
    /// Reference as YAML
    #[arg(long)]
    yaml: bool,
    /// Completion script for zsh
    #[arg(long)]
    zsh: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Collateral {
    pub fn run(self, context: &Context) -> Outcome {
        let name = context.program.name();
        let tree = super::documented(name);
        let folder = Path::new(&self.output_dir);
        if self.markdown || self.all {
            write(folder, &format!("{name}.md"), markdown(&tree).as_bytes())?;
        }
        if self.html_fragment_with_front_matter || self.all {
            write(folder, &format!("{name}.html"), html(&tree).as_bytes())?;
        }
        if self.yaml || self.all {
            write(folder, &format!("{name}.yaml"), crate::yaml::to_string(&as_tree(&tree)).as_bytes())?;
        }
        if self.man || self.all {
            for (command, path) in visible(&tree) {
                let page = clap_mangen::Man::new(command.clone().name(path.replace(' ', "-")));
                let mut text = Vec::new();
                page.render(&mut text)?;
                write(folder, &format!("{}.1", path.replace(' ', "-")), &text)?;
            }
        }
        if self.bash || self.all {
            write(folder, &format!("{name}.bash"), &script(&Bash, name)?)?;
        }
        if self.zsh || self.all {
            write(folder, &format!("_{name}"), &script(&Zsh, name)?)?;
        }
        Ok(Exit::OK)
    }
}

fn write(folder: &Path, file: &str, bytes: &[u8]) -> Result<(), Failure> {
    let path = folder.join(file);
    std::fs::write(&path, bytes).map_err(|error| Failure::new(format!("open {}: {error}", path.display())))
}

fn script(shell: &dyn EnvCompleter, name: &str) -> Result<Vec<u8>, Failure> {
    let mut text = Vec::new();
    shell.write_registration("COMPLETE", name, name, name, &mut text)?;
    Ok(text)
}

/// Every command that help lists, with its whole path, parents first.
fn visible(tree: &clap::Command) -> Vec<(&clap::Command, String)> {
    let mut found = vec![(tree, tree.get_name().to_owned())];
    let mut at = 0;
    while let Some((command, path)) = found.get(at).cloned() {
        let subs = command.get_subcommands().filter(|sub| !sub.is_hide_set());
        let subs: Vec<_> = subs.map(|sub| (sub, format!("{path} {}", sub.get_name()))).collect();
        found.splice(at + 1..at + 1, subs);
        at += 1;
    }
    found
}

/// The flags of a command that help lists: its own, or with `inherited` those it has from the root.
fn flags(command: &clap::Command, inherited: bool) -> impl Iterator<Item = &clap::Arg> {
    command.get_arguments().filter(move |arg| {
        arg.get_long().is_some_and(|long| long != "help") && !arg.is_hide_set() && arg.is_global_set() == inherited
    })
}

fn spelling(arg: &clap::Arg) -> String {
    let long = arg.get_long().unwrap_or_default();
    arg.get_short().map_or_else(|| format!("--{long}"), |short| format!("-{short}, --{long}"))
}

fn defaults(arg: &clap::Arg) -> String {
    let values = arg.get_default_values().iter().map(|value| value.to_string_lossy());
    values.filter(|value| !value.is_empty() && value != "false").collect::<Vec<_>>().join(", ")
}

/// The reference as Markdown: one section a command, the global flags once.
pub fn markdown(tree: &clap::Command) -> String {
    let mut text = String::from("# Command reference\n\nMade from the program's own help; do not edit.\n");
    let _ = writeln!(text, "\n## Global flags\n\n| flag | default | meaning |\n|---|---|---|");
    rows(&mut text, flags(tree, true));
    for (command, path) in visible(tree) {
        let _ = writeln!(text, "\n## `{path}`\n");
        if let Some(about) = command.get_long_about().or_else(|| command.get_about()) {
            let _ = writeln!(text, "{about}\n");
        }
        let aliases: Vec<&str> = command.get_visible_aliases().collect();
        if !aliases.is_empty() {
            let _ = writeln!(text, "Aliases: `{}`\n", aliases.join("`, `"));
        }
        if flags(command, false).next().is_some() {
            let _ = writeln!(text, "| flag | default | meaning |\n|---|---|---|");
            rows(&mut text, flags(command, false));
        }
    }
    text
}

fn rows<'a>(text: &mut String, flags: impl Iterator<Item = &'a clap::Arg>) {
    for arg in flags {
        let help = arg.get_help().map(ToString::to_string).unwrap_or_default().replace('|', "\\|").replace('\n', " ");
        let default = defaults(arg);
        let default = if default.is_empty() { String::new() } else { format!("`{default}`") };
        let _ = writeln!(text, "| `{}` | {default} | {help} |", spelling(arg));
    }
}

fn html(tree: &clap::Command) -> String {
    let escape = |text: &str| text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let name = tree.get_name();
    let mut text = format!("---\ntitle: {name}\ngenerator: {name} collateral\n---\n");
    for (command, path) in visible(tree) {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let id = path.replace(' ', "-");
        let _ = writeln!(text, "<h2 id=\"{id}\">{path}</h2>\n<p>{}</p>", escape(&about));
        if flags(command, false).next().is_some() {
            text.push_str("<table><thead><tr><th>Flag</th><th>Default</th><th>Meaning</th></tr></thead><tbody>\n");
            for arg in flags(command, false) {
                let help = arg.get_help().map(ToString::to_string).unwrap_or_default();
                let cells = [spelling(arg), defaults(arg), help].map(|cell| format!("<td>{}</td>", escape(&cell)));
                let _ = writeln!(text, "<tr>{}</tr>", cells.concat());
            }
            text.push_str("</tbody></table>\n");
        }
    }
    text
}

fn as_tree(command: &clap::Command) -> serde_json::Value {
    let text = |styled: Option<&clap::builder::StyledStr>| styled.map(ToString::to_string).unwrap_or_default();
    let options: Vec<_> = flags(command, false)
        .map(|arg| {
            serde_json::json!({
                "name": arg.get_long(),
                "shorthand": arg.get_short().map(String::from).unwrap_or_default(),
                "default_value": defaults(arg),
                "usage": text(arg.get_help()),
            })
        })
        .collect();
    let commands: Vec<_> = command.get_subcommands().filter(|sub| !sub.is_hide_set()).map(as_tree).collect();
    serde_json::json!({
        "name": command.get_name(),
        "synopsis": text(command.get_about()),
        "options": options,
        "commands": commands,
    })
}
