//! Gives the words of a command line pflag's meaning before clap sees them.
//!
//! istioctl parses with cobra and pflag, whose conventions differ from clap's in a dozen places (`-n=`, `--k=false`,
//! `-h --nope`, an unknown word under a group…). [`normalize`] resolves them against the same [`clap::Command`] tree and
//! gives clap only canonical words: the path, `--name=value`, then `--` and the positional words.

use std::any::TypeId;

use clap::{Arg, ArgAction, Command};

use super::suggest;
use super::values::parse_bool;

/// What the words ask for.
#[derive(Debug, PartialEq)]
pub enum Request {
    /// Run this command: canonical words for clap, the program's name first.
    Run { path: Vec<String>, words: Vec<String> },
    /// Print the help of the command at this path.
    Help { path: Vec<String> },
    /// `help TOPIC` with a topic that does not exist.
    UnknownTopic { words: Vec<String> },
    /// A group of commands was given a word that is none of them.
    UnknownSubcommand { path: Vec<String>, word: String },
}

/// A mistake in the flags, in pflag's words.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum FlagError {
    #[error("unknown flag: --{name}")]
    Unknown { name: String },
    #[error("unknown shorthand flag: '{letter}' in -{group}")]
    UnknownShort { letter: char, group: String },
    #[error("flag needs an argument: {flag}")]
    NeedsArgument { flag: String },
    #[error("bad flag syntax: {word}")]
    Syntax { word: String },
    #[error("invalid argument \"{value}\" for \"{flag}\" flag: {reason}")]
    Invalid { value: String, flag: String, reason: String },
}

impl FlagError {
    /// Whether the flag does not exist, as opposed to having a wrong value.
    pub fn is_unknown(&self) -> bool {
        matches!(self, FlagError::Unknown { .. } | FlagError::UnknownShort { .. })
    }
}

/// A mistake in the flags of the command at `path`.
#[derive(Debug, PartialEq)]
pub struct Mistake {
    pub error: FlagError,
    pub path: Vec<String>,
    /// The flag that may be meant.
    pub near: Option<String>,
}

impl Mistake {
    fn new(error: FlagError, path: &[String], flags: &Flags) -> Self {
        let near = match &error {
            FlagError::Unknown { name } => suggest::close(name, flags.names()).map(|near| format!("--{near}")),
            _ => None,
        };
        Mistake { error, path: path.to_vec(), near }
    }
}

/// Gives a flag its value from outside the command line (defaults file, environment), by its long name.
pub trait Defaults {
    fn value(&self, flag: &str) -> Option<String>;
}

/// Resolves `words` (without the program's name) against the command tree.
pub fn normalize(root: &Command, words: &[String], defaults: &dyn Defaults) -> Result<Request, Mistake> {
    let Descent { chain, mut rest } = descend(root, words);
    let path: Vec<String> = chain.iter().skip(1).map(|command| command.get_name().to_owned()).collect();
    if path.first().is_some_and(|name| name == "help") {
        return Ok(help_topic(root, &positionals(&chain, &rest)));
    }
    let leaf = chain.last().copied().unwrap_or(root);
    let mut parsed = Parsed::default();
    let flags = Flags { chain: &chain };
    parsed.read(&flags, &mut rest).map_err(|error| Mistake::new(error, &path, &flags))?;
    if parsed.help {
        return Ok(Request::Help { path });
    }
    if leaf.has_subcommands() && !leaf.get_positionals().any(|_| true) {
        if let Some(word) = parsed.words.first() {
            return Ok(Request::UnknownSubcommand { path, word: word.clone() });
        }
        if leaf.is_subcommand_required_set() {
            return Ok(Request::Help { path });
        }
    }
    parsed.add_defaults(&flags, defaults);
    let mut canonical = vec![root.get_name().to_owned()];
    canonical.extend(path.iter().cloned());
    canonical.extend(parsed.into_words());
    Ok(Request::Run { path, words: canonical })
}

/// The name of the top-level command that the words name.
pub fn first_command<'c>(root: &'c Command, words: &[String]) -> Option<&'c str> {
    let word = words.get(first_word(&Flags { chain: &[root] }, words)?)?;
    subcommand(root, word).map(Command::get_name)
}

/// The commands from the root to the one that was named, and the words left for it.
struct Descent<'c> {
    chain: Vec<&'c Command>,
    rest: Vec<String>,
}

/// Takes the first word that is neither a flag nor a flag's value; if it names a subcommand, goes there and repeats.
fn descend<'c>(root: &'c Command, words: &[String]) -> Descent<'c> {
    let mut chain = vec![root];
    let mut rest = words.to_vec();
    while let Some(at) = first_word(&Flags { chain: &chain }, &rest) {
        let next = chain.last().and_then(|command| subcommand(command, &rest[at]));
        let Some(next) = next else { break };
        rest.remove(at);
        chain.push(next);
    }
    Descent { chain, rest }
}

/// The subcommand of that name or alias.
pub fn subcommand<'c>(command: &'c Command, word: &str) -> Option<&'c Command> {
    command.get_subcommands().find(|sub| sub.get_name() == word || sub.get_all_aliases().any(|alias| alias == word))
}

/// The place of the first positional word, as cobra looks for it: an unknown flag without `=` swallows the next word.
fn first_word(flags: &Flags, words: &[String]) -> Option<usize> {
    let mut at = 0;
    while at < words.len() {
        let word = words[at].as_str();
        if word == "--" {
            return None;
        } else if let Some(long) = word.strip_prefix("--") {
            if !word.contains('=') && !flags.long(long).is_some_and(stands_alone) {
                at += 1;
            }
        } else if let Some(short) = word.strip_prefix('-').filter(|short| !short.is_empty()) {
            let mut letters = short.chars();
            let (first, more) = (letters.next(), letters.next().is_some());
            if !word.contains('=') && !more && !first.and_then(|l| flags.short(l)).is_some_and(stands_alone) {
                at += 1;
            }
        } else if !word.is_empty() {
            return Some(at);
        }
        at += 1;
    }
    None
}

fn positionals(chain: &[&Command], words: &[String]) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = words.to_vec();
    while let Some(at) = first_word(&Flags { chain }, &rest) {
        found.push(rest.remove(at));
    }
    found
}

fn help_topic(root: &Command, words: &[String]) -> Request {
    let mut path = Vec::new();
    let mut command = root;
    for word in words {
        match subcommand(command, word) {
            Some(next) => {
                path.push(next.get_name().to_owned());
                command = next;
            }
            None if path.is_empty() => return Request::UnknownTopic { words: words.to_vec() },
            None => break,
        }
    }
    Request::Help { path }
}

/// The flags that hold for a command: its own, and the global ones of every command above it.
struct Flags<'a, 'c> {
    chain: &'a [&'c Command],
}

impl<'c> Flags<'_, 'c> {
    fn find(&self, test: impl Fn(&Arg) -> bool) -> Option<&'c Arg> {
        let last = self.chain.len().saturating_sub(1);
        self.chain.iter().enumerate().rev().find_map(|(depth, command)| {
            command.get_arguments().find(|arg| (depth == last || arg.is_global_set()) && test(arg))
        })
    }

    /// Long names of the flags that help lists.
    fn names(&self) -> impl Iterator<Item = &'c str> {
        let last = self.chain.len().saturating_sub(1);
        let of = move |(depth, command): (usize, &&'c Command)| {
            let args = command.get_arguments().filter(move |arg| depth == last || arg.is_global_set());
            args.filter(|arg| !arg.is_hide_set()).filter_map(Arg::get_long).collect::<Vec<_>>()
        };
        self.chain.iter().enumerate().rev().flat_map(of).collect::<Vec<_>>().into_iter()
    }

    fn long(&self, name: &str) -> Option<&'c Arg> {
        self.find(|arg| {
            arg.get_long() == Some(name) || arg.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
        })
    }

    fn short(&self, letter: char) -> Option<&'c Arg> {
        self.find(|arg| arg.get_short() == Some(letter))
    }
}

fn is_switch(arg: &Arg) -> bool {
    match arg.get_action() {
        ArgAction::SetTrue | ArgAction::SetFalse => true,
        ArgAction::Set => arg.get_value_parser().type_id() == TypeId::of::<bool>(),
        _ => false,
    }
}

/// Whether the flag has a meaning without a value (pflag's `NoOptDefVal`).
fn stands_alone(arg: &Arg) -> bool {
    is_switch(arg) || arg.is_require_equals_set()
}

/// How pflag names a flag in its messages.
fn display_name(arg: &Arg) -> String {
    let long = arg.get_long().unwrap_or_default();
    match arg.get_short() {
        Some(short) => format!("-{short}, --{long}"),
        None => format!("--{long}"),
    }
}

#[derive(Default)]
struct Parsed {
    /// Flags in canonical form by long name, in the order given.
    flags: Vec<(String, Value)>,
    words: Vec<String>,
    help: bool,
}

#[derive(Clone)]
enum Value {
    Text(String),
    /// A flag given without its optional value.
    Alone,
    Switch {
        on: bool,
        arg_action_is_set: bool,
    },
}

impl Parsed {
    fn read(&mut self, flags: &Flags, words: &mut Vec<String>) -> Result<(), FlagError> {
        let mut queue = std::mem::take(words).into_iter();
        while let Some(word) = queue.next() {
            if word == "--" {
                self.words.extend(queue);
                return Ok(());
            } else if let Some(long) = word.strip_prefix("--") {
                self.long(flags, &word, long, &mut queue)?;
            } else if let Some(group) = word.strip_prefix('-').filter(|group| !group.is_empty()) {
                self.shorts(flags, group, &mut queue)?;
            } else {
                self.words.push(word);
            }
        }
        Ok(())
    }

    fn long(
        &mut self,
        flags: &Flags,
        word: &str,
        text: &str,
        queue: &mut impl Iterator<Item = String>,
    ) -> Result<(), FlagError> {
        if text.starts_with(['-', '=']) {
            return Err(FlagError::Syntax { word: word.to_owned() });
        }
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (text, None),
        };
        if let Some(arg) = flags.long(name) {
            let value = match value {
                None if !stands_alone(arg) => {
                    Some(queue.next().ok_or_else(|| FlagError::NeedsArgument { flag: format!("--{name}") })?)
                }
                value => value,
            };
            return self.set(arg, value);
        }
        if name == "help" {
            self.help = switch_value(value.as_deref(), "-h, --help")?;
            return Ok(());
        }
        Err(FlagError::Unknown { name: name.to_owned() })
    }

    fn shorts(
        &mut self,
        flags: &Flags,
        group: &str,
        queue: &mut impl Iterator<Item = String>,
    ) -> Result<(), FlagError> {
        let mut rest = group;
        while let Some(letter) = rest.chars().next() {
            let after = &rest[letter.len_utf8()..];
            let given = after.strip_prefix('=').filter(|value| !value.is_empty());
            let Some(arg) = flags.short(letter) else {
                if letter != 'h' {
                    return Err(FlagError::UnknownShort { letter, group: group.to_owned() });
                }
                self.help = switch_value(given, "-h, --help")?;
                if given.is_some() {
                    return Ok(());
                }
                rest = after;
                continue;
            };
            if let Some(value) = given {
                return self.set(arg, Some(value.to_owned()));
            }
            if stands_alone(arg) {
                self.set(arg, None)?;
                rest = after;
                continue;
            }
            let value = if after.is_empty() {
                queue.next().ok_or_else(|| FlagError::NeedsArgument { flag: format!("'{letter}' in -{group}") })?
            } else {
                after.to_owned()
            };
            return self.set(arg, Some(value));
        }
        Ok(())
    }

    fn set(&mut self, arg: &Arg, value: Option<String>) -> Result<(), FlagError> {
        let name = arg.get_long().unwrap_or_default().to_owned();
        let value = if is_switch(arg) {
            let on = switch_value(value.as_deref(), &display_name(arg))?;
            Value::Switch { on, arg_action_is_set: matches!(arg.get_action(), ArgAction::Set) }
        } else {
            value.map_or(Value::Alone, Value::Text)
        };
        if !matches!(arg.get_action(), ArgAction::Append) {
            self.flags.retain(|(known, _)| *known != name);
        }
        self.flags.push((name, value));
        Ok(())
    }

    /// Adds what the defaults file or the environment says about flags that were not given.
    fn add_defaults(&mut self, flags: &Flags, defaults: &dyn Defaults) {
        for name in super::settings::KEYS {
            let Some(arg) = flags.long(name) else { continue };
            if self.flags.iter().any(|(known, _)| known == name) {
                continue;
            }
            if let Some(value) = defaults.value(name) {
                // A value of the wrong type has been reported and replaced by `defaults`; it cannot fail here.
                let _ = self.set(arg, Some(value));
            }
        }
    }

    fn into_words(self) -> impl Iterator<Item = String> {
        let flags = self.flags.into_iter().filter_map(|(name, value)| match value {
            Value::Text(text) => Some(format!("--{name}={text}")),
            Value::Alone => Some(format!("--{name}")),
            Value::Switch { on, arg_action_is_set: true } => Some(format!("--{name}={on}")),
            Value::Switch { on: true, .. } => Some(format!("--{name}")),
            Value::Switch { on: false, .. } => None,
        });
        let separator = (!self.words.is_empty()).then(|| "--".to_owned());
        flags.chain(separator).chain(self.words)
    }
}

fn switch_value(value: Option<&str>, flag: &str) -> Result<bool, FlagError> {
    let Some(text) = value else { return Ok(true) };
    parse_bool(text).ok_or_else(|| FlagError::Invalid {
        value: text.to_owned(),
        flag: flag.to_owned(),
        reason: format!("strconv.ParseBool: parsing \"{text}\": invalid syntax"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    struct None_;
    impl Defaults for None_ {
        fn value(&self, _: &str) -> Option<String> {
            None
        }
    }

    fn tree() -> Command {
        Command::new("bowline")
            .arg(Arg::new("namespace").long("namespace").short('n').global(true))
            .arg(Arg::new("compat").long("compat").require_equals(true).num_args(0..=1).global(true))
            .subcommand(
                Command::new("analyze")
                    .arg(Arg::new("all").long("all-namespaces").short('A').action(ArgAction::SetTrue))
                    .arg(
                        Arg::new("kube")
                            .long("use-kube")
                            .short('k')
                            .action(ArgAction::Set)
                            .value_parser(clap::value_parser!(bool)),
                    )
                    .arg(Arg::new("suppress").long("suppress").short('S').action(ArgAction::Append))
                    .arg(Arg::new("words").num_args(0..)),
            )
            .subcommand(Command::new("help").arg(Arg::new("words").num_args(0..)))
            .subcommand(Command::new("group").subcommand_required(true).subcommand(Command::new("leaf")))
            .subcommand(Command::new("waypoint").subcommand(
                Command::new("list").arg(Arg::new("all").long("all-namespaces").short('A').action(ArgAction::SetTrue)),
            ))
    }

    fn run(line: &str) -> Result<Request, Mistake> {
        normalize(&tree(), &line.split(' ').map(str::to_owned).collect::<Vec<_>>(), &None_)
    }

    fn canonical(line: &str) -> String {
        match run(line) {
            Ok(Request::Run { words, .. }) => words.join(" "),
            Ok(other) => format!("{other:?}"),
            Err(mistake) => mistake.error.to_string(),
        }
    }

    #[test]
    fn words_get_the_meaning_pflag_gives_them() {
        for (line, want) in [
            ("analyze a -n ns b", "bowline analyze --namespace=ns -- a b"),
            ("-n=x analyze", "bowline analyze --namespace=x"),
            ("-nx analyze", "bowline analyze --namespace=x"),
            ("-n= analyze", "bowline analyze --namespace=="),
            ("-n -A analyze", "bowline analyze --namespace=-A"),
            ("analyze -n a --namespace=b", "bowline analyze --namespace=b"),
            ("analyze -S a --suppress=b,c", "bowline analyze --suppress=a --suppress=b,c"),
            ("analyze -Ak=false", "bowline analyze --all-namespaces --use-kube=false"),
            ("analyze -k false", "bowline analyze --use-kube=true -- false"),
            ("analyze --all-namespaces=f", "bowline analyze"),
            ("analyze -- -A --x", "bowline analyze -- -A --x"),
            ("analyze -", "bowline analyze -- -"),
            ("analyze help", "bowline analyze -- help"),
            ("analyze --compat x", "bowline analyze --compat -- x"),
            ("analyze --compat=rules", "bowline analyze --compat=rules"),
            ("analyze --nope -h", "unknown flag: --nope"),
            ("analyze -h --nope", "unknown flag: --nope"),
            ("analyze ---x", "bad flag syntax: ---x"),
            ("analyze --=x", "bad flag syntax: --=x"),
            ("analyze -Az", "unknown shorthand flag: 'z' in -Az"),
            ("analyze -S", "flag needs an argument: 'S' in -S"),
            ("analyze --suppress", "flag needs an argument: --suppress"),
            (
                "analyze --use-kube=maybe",
                "invalid argument \"maybe\" for \"-k, --use-kube\" flag: strconv.ParseBool: parsing \"maybe\": invalid syntax",
            ),
            ("-A analyze", "unknown shorthand flag: 'A' in -A"),
        ] {
            assert_eq!(canonical(line), want, "{line}");
        }
    }

    #[test]
    fn a_flag_that_does_not_exist_is_told_with_the_nearest() {
        let near = |line: &str| run(line).unwrap_err().near;
        assert_eq!(near("analyze --supress a").as_deref(), Some("--suppress"));
        assert_eq!(near("analyze --name-space a").as_deref(), Some("--namespace"));
        assert_eq!(near("analyze --output a"), None);
    }

    #[test]
    fn help_is_found_anywhere_and_groups_name_the_word_they_lack() {
        let help = |path: &[&str]| Ok(Request::Help { path: path.iter().map(|s| (*s).to_owned()).collect() });
        assert_eq!(run("analyze a b -h"), help(&["analyze"]));
        assert_eq!(run("analyze --help=true"), help(&["analyze"]));
        assert_eq!(canonical("analyze --help=false"), "bowline analyze");
        assert_eq!(run("help analyze"), help(&["analyze"]));
        assert_eq!(run("-n x group"), help(&["group"]));
        assert_eq!(run("waypoint list -h"), help(&["waypoint", "list"]));
        assert_eq!(
            run("waypoint lis"),
            Ok(Request::UnknownSubcommand { path: vec!["waypoint".into()], word: "lis".into() })
        );
        assert_eq!(run("foo"), Ok(Request::UnknownSubcommand { path: vec![], word: "foo".into() }));
    }
}
