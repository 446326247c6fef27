//! `upgrade canary`: from plan to "everything has moved". Run again, it goes on where it was.

use super::{Plan, Steering, seconds, stopped};
use crate::cli::install::{Job, Reporter, is_label};
use crate::cli::operator::OperatorFlags;
use crate::cli::values::GoDuration;
use crate::cli::{Context, Exit, Failure, Outcome};
use crate::cluster::block_on;
use crate::install::canary::driver::Driver;
use crate::install::canary::gates::{self, Verdict, affected};
use crate::install::canary::mesh::Mesh;
use crate::install::canary::plan::{self, Wanted};
use crate::install::canary::record;
use crate::install::canary::state::{State, Wave, derive, wave_state};
use crate::install::deploy::record as install_record;
use crate::install::spec::TAG as ISTIO_VERSION;
use crate::install::spec::input::InputFile;
use crate::ui;

/// Install a new revision beside the old one and move namespaces to it wave by wave
///
/// Run the same command again to go on after a stop. Nothing is promoted or removed: `upgrade promote` and
/// `upgrade rollback` decide that.
#[derive(clap::Args, Debug)]
pub struct Canary {
    #[command(flatten)]
    operator: OperatorFlags,
    #[command(flatten)]
    steering: Steering,
    /// Workload (NAMESPACE/NAME) that may be without a ready pod while it restarts; repeatable
    #[arg(long)]
    allow_downtime: Vec<String>,
    /// Show the plan and its gates, write nothing
    #[arg(long)]
    dry_run: bool,
    /// Go on although gates of the plan are closed
    #[arg(long)]
    force: bool,
    /// Revision to leave (default: the one the default tag points to)
    #[arg(long, default_value = "")]
    from: String,
    /// Stop after this many waves
    #[arg(long)]
    max_waves: Option<usize>,
    /// What to do with a wave that fails: rollback or pause
    #[arg(long, default_value = "rollback")]
    on_failure: String,
    /// How long the new control plane may take until it is ready
    #[arg(long, default_value = "5m0s", value_parser = str::parse::<GoDuration>)]
    readiness_timeout: GoDuration,
    /// How long to watch a wave before the next one
    #[arg(long, default_value = "0s", value_parser = str::parse::<GoDuration>)]
    soak: GoDuration,
    /// Namespaces of one wave, comma separated, `*` for all others; repeatable (default: one namespace a wave)
    #[arg(long)]
    waves: Vec<String>,
    #[arg(hide = true)]
    words: Vec<String>,
}

impl Canary {
    pub fn run(self, context: &Context) -> Outcome {
        if !self.words.is_empty() {
            return Err(Failure::usage(format!("upgrade canary takes no arguments, got {}", self.words.join(" "))));
        }
        let Some(revision) = self.operator.revision().map(str::to_owned) else {
            return Err(Failure::usage("--revision is missing: the name of the new revision, such as 1-30-3"));
        };
        if !is_label(&revision) {
            return Err(Failure::new(format!("invalid revision specified: {revision}"))
                .hint("a revision is lower-case letters, digits and dashes, at most 63 characters"));
        }
        if !["rollback", "pause"].contains(&self.on_failure.as_str()) {
            return Err(Failure::usage(format!("--on-failure {}: expected rollback or pause", self.on_failure)));
        }
        let steering = self.steering.clone();
        block_on(steering.steer(context, async |driver| self.guide(&revision, driver, context).await))?
    }

    async fn guide(&self, revision: &str, driver: &Driver<'_>, context: &Context) -> Outcome {
        let mesh = driver.look().await?;
        let known = record::read(driver.cluster, driver.istio_namespace).await?;
        let mut upgrade = self.upgrade(revision, known.as_ref(), &mesh)?;
        self.show(&upgrade, &mesh)?;
        if known.is_none() {
            let judged = driver.judge("the plan", plan_gates(&upgrade, &mesh));
            if let Err(error) = judged.map_err(Failure::from)
                && !self.force
            {
                return Err(error.hint("nothing was written").hint("--force goes on all the same"));
            }
        }
        if self.dry_run {
            ui::tell("✔ Dry run complete: nothing was written");
            return Ok(Exit::OK);
        }
        if known.is_none() {
            self.steering.confirm(&format!(
                "This installs revision {revision} and moves {} namespaces to it. Proceed? (y/N)",
                upgrade.waves.iter().map(Vec::len).sum::<usize>()
            ))?;
        }
        driver.mark(&mut upgrade, "planned").await.map_err(stopped)?;
        driver.pin(&mut upgrade).await.map_err(stopped)?;
        self.install(&mut upgrade, driver, context).await?;
        self.move_waves(&mut upgrade, driver).await
    }

    /// The plan, or the one that is under way with this run's patience.
    fn upgrade(&self, revision: &str, known: Option<&Plan>, mesh: &Mesh) -> Result<Plan, Failure> {
        let waves: Vec<Vec<String>> = self
            .waves
            .iter()
            .map(|wave| wave.split(',').map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).collect())
            .collect();
        let Some(known) = known else {
            let id = format!("{}-{revision}", jiff::Timestamp::now().as_second());
            let wanted = Wanted {
                id: &id,
                to: revision,
                from: &self.from,
                waves,
                soak_seconds: seconds(self.soak),
                allow_downtime: self.allow_downtime.clone(),
            };
            return Ok(plan::plan(&wanted, mesh)?);
        };
        if known.to != revision || !(self.from.is_empty() || self.from == known.from) {
            return Err(Failure::new(format!("an upgrade from {} to {} is under way", known.from, known.to))
                .hint("finish it with `upgrade promote`, or take it back with `upgrade abort`"));
        }
        let named: Vec<&String> = waves.iter().flatten().filter(|name| *name != plan::REST).collect();
        let same = named.iter().all(|name| known.waves.iter().flatten().any(|planned| planned == *name));
        if !same {
            return Err(Failure::new("the upgrade that is under way has other waves")
                .hint("leave --waves out to go on with them; `upgrade status` shows them"));
        }
        let mut upgrade = known.clone();
        upgrade.soak_seconds = seconds(self.soak);
        for name in &self.allow_downtime {
            if !upgrade.allow_downtime.contains(name) {
                upgrade.allow_downtime.push(name.clone());
            }
        }
        Ok(upgrade)
    }

    fn show(&self, upgrade: &Plan, mesh: &Mesh) -> Result<(), Failure> {
        let mut text = format!("Upgrade from revision {} to {}\n", upgrade.from, upgrade.to);
        for (at, wave) in upgrade.waves.iter().enumerate() {
            let state = match wave_state(upgrade, mesh, wave) {
                Wave::Untouched => "",
                Wave::Open => "  (under way)",
                Wave::Done => "  (moved)",
            };
            text.push_str(&format!("  wave {}: {}{state}\n", at + 1, wave.join(", ")));
        }
        if upgrade.waves.is_empty() {
            text.push_str(&format!("  no namespace is injected by {}\n", upgrade.from));
        }
        for note in plan::by_hand(upgrade, mesh) {
            text.push_str(&format!("  by hand: {note}\n"));
        }
        if self.dry_run {
            ui::print(&text)?
        } else {
            ui::tell(text)
        }
        Ok(())
    }

    /// Installs istiod of the new revision, if it is not there yet. Shared components are left alone.
    async fn install(&self, upgrade: &mut Plan, driver: &Driver<'_>, context: &Context) -> Result<(), Failure> {
        let state = driver.state(upgrade).await?;
        let early = matches!(state, State::Planned | State::Pinned | State::Running);
        if !early || state == State::Running && upgrade.times.contains_key("installed") {
            return Ok(());
        }
        let mut wish = self.operator.wish(context)?;
        if wish.files.is_empty() && !self.operator.has_settings() {
            wish.files = self.settings_of(&upgrade.from, driver).await?;
        }
        let job = Job {
            input: wish.user_document()?,
            wish,
            dry_run: false,
            diff: false,
            force: self.force,
            include: Vec::new(),
            json: false,
            timeout: self.readiness_timeout.to_std(),
            skip_confirmation: true,
            take_over: false,
            verify: false,
            upgrade: false,
        };
        let reporter = Reporter::new(&self.steering.progress)?;
        let progress: &dyn crate::install::deploy::progress::Progress = &reporter;
        job.run(context, progress).await.map_err(|failure| {
            failure.hint(format!("nobody uses {} yet; `upgrade abort` takes it away again", upgrade.to))
        })?;
        driver.mark(upgrade, "installed").await?;
        driver.settle(upgrade).await.map_err(stopped)
    }

    /// What the old revision was installed with, so that the new one does not lose its settings.
    async fn settings_of(&self, revision: &str, driver: &Driver<'_>) -> Result<Vec<InputFile>, Failure> {
        let records = install_record::records(driver.cluster, driver.istio_namespace).await?;
        let Some(record) = records.into_iter().find(|record| record.revision == revision) else {
            ui::tell(format_args!(
                "Note: no record says how {revision} was installed; the new revision gets the default settings."
            ));
            return Ok(Vec::new());
        };
        let text = crate::yaml::to_string(&record.input);
        if text.contains("sha256:") {
            return Err(Failure::new(format!(
                "the settings of {revision} hold secrets, which its record does not keep"
            ))
            .hint("name the settings of the new revision with --filename or --set"));
        }
        ui::tell(format_args!("Note: the new revision gets the settings of {revision} (from its record)."));
        Ok(vec![InputFile { name: format!("the record of {revision}"), text }])
    }

    async fn move_waves(&self, upgrade: &mut Plan, driver: &Driver<'_>) -> Outcome {
        let mut moved = 0;
        for at in 0..upgrade.waves.len() {
            let mesh = driver.look().await?;
            let done = wave_state(upgrade, &mesh, &upgrade.waves[at]) == Wave::Done;
            if done && upgrade.times.contains_key(&format!("wave {}", at + 1)) && upgrade.soak_seconds == 0 {
                continue;
            }
            if self.max_waves.is_some_and(|limit| moved >= limit) {
                ui::tell(format_args!("✔ Stopped after {moved} waves; the same command goes on"));
                return Ok(Exit::OK);
            }
            let Err(error) = driver.wave(upgrade, at).await else {
                moved += 1;
                continue;
            };
            if !error.is_verdict() || self.on_failure == "pause" {
                return Err(stopped(error).hint("`upgrade rollback` takes all waves back"));
            }
            let failure = Failure::from(error);
            ui::tell(format_args!("- Wave {} failed: {}", at + 1, failure.message));
            driver.back(upgrade, at).await.map_err(|error| {
                stopped(error).hint(format!("wave {} is not wholly back yet; `upgrade rollback` goes on", at + 1))
            })?;
            return Err(Failure { message: format!("{}; the wave was taken back", failure.message), ..failure }
                .hint("correct the cause and run the same command again, or `upgrade abort`"));
        }
        let state = derive(Some(upgrade), &driver.look().await?);
        ui::tell(format_args!("✔ Every wave is on {} (state: {state})", upgrade.to));
        ui::tell("  next: `upgrade promote` moves the tags, `upgrade rollback` goes back");
        Ok(Exit::OK)
    }
}

/// What can be known before anything is written.
fn plan_gates(upgrade: &Plan, mesh: &Mesh) -> Vec<Verdict> {
    let mut verdicts = vec![
        gates::control_plane(mesh, &upgrade.from),
        gates::skew_of(mesh, &upgrade.from, &upgrade.to, ISTIO_VERSION),
    ];
    for name in upgrade.waves.iter().flatten() {
        let own: Vec<_> = mesh.workloads_in(name).collect();
        let failed = gates::workloads(upgrade, &affected(upgrade, &own, &mesh.pods));
        verdicts.extend(failed.into_iter().filter(|verdict| !verdict.passed));
    }
    verdicts
}
