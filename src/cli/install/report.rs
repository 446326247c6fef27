//! How a run is told: a live line on a terminal, plain lines elsewhere, one JSON object a line on request. On stderr;
//! removals and questions go to stdout, as scripts expect.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::cli::Failure;
use crate::install::deploy::progress::{Event, Pending, Progress};

/// Emoji of each component, as the reference shows them.
const ICONS: [(&str, &str); 6] = [
    ("Base", "⛵️"),
    ("Pilot", "🧠"),
    ("IngressGateways", "🛬"),
    ("EgressGateways", "🛫"),
    ("Cni", "🪢"),
    ("Ztunnel", "🔒"),
];

/// Tells events to a person or a program.
pub struct Reporter {
    form: Form,
    state: RefCell<State>,
}

enum Form {
    Live(ProgressBar),
    Plain,
    Json,
}

#[derive(Default)]
struct State {
    /// Components under way, and what they wait for.
    running: BTreeMap<&'static str, Vec<String>>,
    /// Objects that were removed and are still there.
    going: Vec<String>,
    last_line: String,
    /// What was waited for when it was last told, on plain lines.
    told: Vec<String>,
}

impl Reporter {
    /// `auto` is a live line on a terminal and plain lines elsewhere.
    pub fn new(form: &str) -> Result<Self, Failure> {
        let form = match form {
            "json" => Form::Json,
            "plain" => Form::Plain,
            "auto" if std::io::stderr().is_terminal() => Form::Live(bar()),
            "auto" => Form::Plain,
            other => return Err(Failure::usage(format!("--progress {other}: expected auto, plain or json"))),
        };
        Ok(Reporter { form, state: RefCell::new(State::default()) })
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        match &self.form {
            Form::Live(bar) => bar.println(text),
            Form::Plain | Form::Json => {
                let _ = writeln!(std::io::stderr().lock(), "{text}");
            }
        }
    }

    /// What is under way now; on a terminal it replaces the last such line, elsewhere only news are told.
    fn status(&self) {
        let mut state = self.state.borrow_mut();
        let titles: Vec<&str> = state.running.keys().copied().collect();
        let waiting: Vec<&str> = state.running.values().chain([&state.going]).flatten().map(String::as_str).collect();
        let mut text = String::new();
        if !titles.is_empty() {
            text = format!("Processing resources for {}.", titles.join(", "));
        }
        if let Form::Live(bar) = &self.form {
            if !waiting.is_empty() {
                text.push_str(&format!(" Waiting for {}", waiting.join(", ")));
            }
            let text = text.trim_start().to_owned();
            bar.set_message(text);
            return;
        }
        if text != state.last_line && !text.is_empty() {
            self.line(&format!("- {text}"));
        }
        let news: Vec<&str> =
            waiting.iter().filter(|one| !state.told.iter().any(|told| told == *one)).copied().collect();
        for one in news.iter().take(SHOWN) {
            self.line(&cut(&format!("  waiting for {one}")));
        }
        if news.len() > SHOWN {
            self.line(&format!("  waiting for {} more", news.len() - SHOWN));
        }
        let told = waiting.into_iter().map(str::to_owned).collect();
        state.told = told;
        state.last_line = text;
    }
}

/// How many objects are named at once that something waits for.
const SHOWN: usize = 3;

/// A line that fits most logs; what is waited for in full is in the error, if it comes to one.
fn cut(text: &str) -> String {
    const WIDTH: usize = 100;
    match text.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {wide_msg}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

impl Progress for Reporter {
    fn tell(&self, event: Event) {
        if matches!(self.form, Form::Json) {
            if let Ok(line) = serde_json::to_string(&event) {
                self.line(&line);
            }
            if let Event::Removed { object } = event {
                removed(&object);
            }
            return;
        }
        match event {
            Event::Applying { title, .. } => {
                self.state.borrow_mut().running.insert(title, Vec::new());
            }
            Event::Waiting { title, objects, .. } => {
                self.state.borrow_mut().running.insert(title, objects.iter().map(Pending::to_string).collect());
            }
            Event::Going { objects } => {
                let going = objects.iter().map(|pending| format!("{} to be gone{}", pending.object, pending.because()));
                self.state.borrow_mut().going = going.collect();
            }
            Event::Ready { component, title } => {
                self.state.borrow_mut().running.remove(title);
                let icon = ICONS.iter().find(|(name, _)| *name == component).map_or("", |(_, icon)| icon);
                self.line(&format!("✔ {title} installed {icon}"));
            }
            Event::Failed { title, reason, .. } => {
                self.state.borrow_mut().running.remove(title);
                self.line(&format!("✘ {title} encountered an error: {reason}"));
            }
            Event::Skipped { title, because, .. } => {
                self.line(&format!("- {title} was not tried: {because} is not ready"));
            }
            Event::Pruning => self.line("- Pruning removed resources"),
            Event::Removed { object } => removed(&object),
            Event::Done { what } => {
                if let Form::Live(bar) = &self.form {
                    bar.finish_and_clear();
                }
                self.line(&format!("✔ {what}"));
            }
        }
        self.status();
    }
}

fn removed(object: &str) {
    // A closed stdout must not stop a removal that is under way.
    let _ = crate::ui::print(&format!("  Removed {object}.\n"));
}
