//! `experimental workload group`: the description that many machines share.

use serde_json::{Map, Value, json};

use crate::cli::values::csv_values;
use crate::cli::{Compat, Context, Exit, Failure, Outcome};

/// Groups of machines
#[derive(clap::Subcommand, Debug)]
pub enum Command {
    Create(Create),
}

impl Command {
    pub fn run(self, context: &Context) -> Outcome {
        match self {
            Command::Create(command) => command.run(context),
        }
    }
}

/// Print a WorkloadGroup
#[derive(clap::Args, Debug)]
pub struct Create {
    /// Annotations of each machine, KEY=VALUE,…
    #[arg(long, short = 'a')]
    annotations: Vec<String>,
    /// Labels of each machine, KEY=VALUE,…
    #[arg(long, short = 'l')]
    labels: Vec<String>,
    /// Region/zone/subzone
    #[arg(long, default_value = "")]
    locality: String,
    /// Name of the group
    #[arg(long, default_value = "")]
    name: String,
    /// Network of the machines
    #[arg(long, default_value = "")]
    network: String,
    /// Ports, NAME=NUMBER,…
    #[arg(long, short = 'p')]
    ports: Vec<String>,
    /// Service account of the machines
    #[arg(long = "serviceAccount", short = 's', default_value = "default")]
    service_account: String,
    /// Share of the traffic each machine gets
    #[arg(long, short = 'w', default_value = "0", value_parser = crate::cli::values::parse_int)]
    weight: i64,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Create {
    fn run(self, context: &Context) -> Outcome {
        let namespace = context.globals.namespace.as_str();
        if self.name.is_empty() {
            return Err(Failure::new("the workload has no name").hint("give it with --name"));
        }
        if namespace.is_empty() {
            return Err(Failure::new("the workload has no namespace").hint("give it with --namespace"));
        }
        let mut metadata = Map::new();
        for (key, flag) in [("annotations", &self.annotations), ("labels", &self.labels)] {
            let pairs = pairs(flag)?;
            if !pairs.is_empty() {
                metadata.insert(key.to_owned(), pairs.into_iter().map(|(k, v)| (k, Value::from(v))).collect());
            }
        }
        let mut template = Map::new();
        for (key, value) in
            [("locality", &self.locality), ("network", &self.network), ("serviceAccount", &self.service_account)]
        {
            if !value.is_empty() {
                template.insert(key.to_owned(), value.as_str().into());
            }
        }
        let ports = pairs(&self.ports)?;
        if !ports.is_empty() {
            let numbers: Result<Map<String, Value>, Failure> =
                ports.into_iter().map(|(name, number)| Ok((name, port(&number, context)?.into()))).collect();
            template.insert("ports".to_owned(), Value::Object(numbers?));
        }
        if self.weight != 0 {
            template.insert("weight".to_owned(), self.weight.into());
        }
        let group = json!({
            "apiVersion": "networking.istio.io/v1",
            "kind": "WorkloadGroup",
            "metadata": {"name": self.name, "namespace": namespace},
            "spec": {"metadata": metadata, "template": template},
        });
        crate::ui::print(&crate::yaml::to_string(&group))?;
        Ok(Exit::OK)
    }
}

/// KEY=VALUE pairs; without `=` the value is empty.
fn pairs(flag: &[String]) -> Result<Vec<(String, String)>, Failure> {
    let values = csv_values(flag).map_err(Failure::usage)?;
    let split = |text: &String| match text.split_once('=') {
        Some((key, value)) => (key.to_owned(), value.to_owned()),
        None => (text.clone(), String::new()),
    };
    Ok(values.iter().map(split).collect())
}

/// A port's number. istioctl logs a bad one and goes on with 0, or the largest number for one too large.
fn port(text: &str, context: &Context) -> Result<u32, Failure> {
    match text.parse::<u64>() {
        Ok(number) if context.compat == Compat::Strict => Ok(u32::try_from(number).unwrap_or(u32::MAX)),
        Ok(number @ 1..=65535) => Ok(number as u32),
        Err(_) if context.compat == Compat::Strict => Ok(0),
        _ => Err(Failure::new(format!("--ports: \"{text}\" is not a port number"))
            .hint("ports are NAME=NUMBER with numbers from 1 to 65535")),
    }
}
