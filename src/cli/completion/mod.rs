//! `completion`: scripts that let a shell complete commands, flags and values, and the callbacks those scripts use.

mod values;

use std::ffi::OsString;

use clap_complete::CompleteEnv;
use clap_complete::env::{Bash, EnvCompleter, Fish, Powershell, Zsh};

use super::{Context, Exit, Failure, Outcome, Program};

/// Print a completion script for a shell
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    /// Script for bash: `source <(bowline completion bash)`
    Bash(Script),
    /// Script for fish: `bowline completion fish | source`
    Fish(Script),
    /// Script for PowerShell: `bowline completion powershell | Out-String | Invoke-Expression`
    Powershell(Script),
    /// Script for zsh: `source <(bowline completion zsh)`
    Zsh(Script),
}

#[derive(clap::Args, Debug)]
pub struct Script {
    /// Complete without descriptions
    #[arg(long)]
    no_descriptions: bool,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        let (shell, script): (&dyn EnvCompleter, Script) = match self {
            Command::Bash(script) => (&Bash, script),
            Command::Fish(script) => (&Fish, script),
            Command::Powershell(script) => (&Powershell, script),
            Command::Zsh(script) => (&Zsh, script),
        };
        let name = context.program.name();
        if let Some(word) = script.words.first() {
            let line = format!("{name} completion {}", shell.name());
            return Err(Failure::usage(format!("unknown command \"{word}\" for \"{line}\"")));
        }
        crate::ui::print(&registration(shell, name, script.no_descriptions)?)?;
        Ok(Exit::OK)
    }
}

/// The script that registers the program with a shell.
fn registration(shell: &dyn EnvCompleter, name: &str, plain: bool) -> Result<String, Failure> {
    let mut text = Vec::new();
    shell.write_registration("COMPLETE", name, name, name, &mut text)?;
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if plain {
        // The callback reads this variable; it travels with the script.
        text.insert_str(
            0,
            match shell.name() {
                "fish" => "set -gx BOWLINE_COMPLETE_PLAIN 1\n",
                "powershell" => "$env:BOWLINE_COMPLETE_PLAIN = 1\n",
                _ => "export BOWLINE_COMPLETE_PLAIN=1\n",
            },
        );
    }
    Ok(text)
}

/// Answers a shell's callback and ends the process, if the environment says that this is one.
pub fn answer_shell(program: Program) {
    let factory = move || {
        // Scripts call back with the words of the line behind `--`.
        let words: Vec<String> = std::env::args().skip_while(|word| word != "--").skip(1).collect();
        let tree = values::offered(super::command().name(program.name()), &words);
        if std::env::var_os("BOWLINE_COMPLETE_PLAIN").is_some() { without_help(tree) } else { tree }
    };
    CompleteEnv::with_factory(factory).complete();
}

fn without_help(command: clap::Command) -> clap::Command {
    command.about(None::<&str>).mut_args(|arg| arg.help(None::<&str>)).mut_subcommands(without_help)
}

/// Whether candidates carry a description.
#[derive(Clone, Copy, PartialEq)]
enum Descriptions {
    Shown,
    Hidden,
}

/// Answer scripts made by cobra: the words so far, the last one being typed
#[derive(clap::Args, Debug)]
pub struct Complete {
    words: Vec<String>,
}

/// Answer scripts made by cobra, without descriptions: the words so far, the last one being typed
#[derive(clap::Args, Debug)]
pub struct CompleteNoDesc {
    words: Vec<String>,
}

impl CompleteNoDesc {
    pub fn run(self, context: &Context) -> Outcome {
        Complete { words: self.words }.answer(context, Descriptions::Hidden)
    }
}

impl Complete {
    pub fn run(self, context: &Context) -> Outcome {
        self.answer(context, Descriptions::Shown)
    }

    fn answer(self, context: &Context, descriptions: Descriptions) -> Outcome {
        let name = context.program.name();
        let mut words: Vec<OsString> = vec![name.into()];
        words.extend(self.words.iter().map(OsString::from));
        let index = words.len().saturating_sub(1);
        let mut tree = values::offered(super::command().name(name), &self.words);
        let mut candidates = clap_complete::engine::complete(&mut tree, words, index, None)?;
        // Flags are offered to who begins one.
        let flag = |word: &str| word.starts_with('-');
        let begins_flag = self.words.last().is_some_and(|word| flag(word));
        candidates.retain(|candidate| {
            !candidate.is_hide_set() && (begins_flag || !flag(&candidate.get_value().to_string_lossy()))
        });
        let mut text = String::new();
        for candidate in &candidates {
            text.push_str(&candidate.get_value().to_string_lossy());
            if let (Descriptions::Shown, Some(help)) = (descriptions, candidate.get_help()) {
                text.push('\t');
                text.push_str(help.to_string().lines().next().unwrap_or_default());
            }
            text.push('\n');
        }
        // 0: the shell may add file names; 4: it must not.
        text.push_str(if candidates.is_empty() { ":0\n" } else { ":4\n" });
        crate::ui::print(&text)?;
        Ok(Exit::OK)
    }
}

/// Help about any command
#[derive(clap::Args, Debug)]
pub struct Help {
    /// A help topic; it is resolved before the command line is parsed.
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Help {
    pub fn run(self, context: &Context) -> Outcome {
        super::help(context.program, &[])
    }
}
