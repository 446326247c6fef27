//! Work on an installation that nobody else may do at the same time, and that a person may break off.

use std::time::Duration;

use crate::cli::{Exit, Failure, Outcome};
use crate::cluster::Cluster;
use crate::install::deploy::lease::{Error, Lease};
use crate::ui;

/// What a shell gives for a program that was interrupted.
const INTERRUPTED: Exit = Exit(130);
/// How long giving the lock back may take; it expires by itself.
const GIVING_BACK: Duration = Duration::from_secs(3);

/// Does the work while holding the Lease of this name. `so_far` says how far it is, for somebody who breaks it off.
pub async fn locked(
    cluster: &Cluster,
    namespace: &str,
    name: &str,
    so_far: impl Fn() -> String,
    work: impl Future<Output = Outcome>,
) -> Outcome {
    let lease = acquire(cluster, namespace, name).await?;
    let kept = async {
        match &lease {
            Some(lease) => lease.keep(cluster).await,
            None => std::future::pending().await,
        }
    };
    let outcome = tokio::select! {
        outcome = work => outcome,
        lost = kept => Err(Failure::from(lost).hint("whoever took it over goes on; look before you run this again")),
        () = interruption() => Err(interrupted(&so_far())),
    };
    if let Some(lease) = lease {
        // One that is not given back expires, and a process that is gone is noticed at once on its own machine.
        let _ = tokio::time::timeout(GIVING_BACK, lease.release(cluster)).await;
    }
    outcome
}

/// Takes the Lease. Where it cannot be had at all the work is done without.
async fn acquire(cluster: &Cluster, namespace: &str, name: &str) -> Result<Option<Lease>, Failure> {
    match Lease::acquire(cluster, namespace, name).await {
        Ok(lease) => Ok(Some(lease)),
        Err(Error::Cluster(error)) if error.is_forbidden() => {
            ui::tell(format!("Note: working without a lock, since Leases may not be written: {error}"));
            Ok(None)
        }
        // Without its namespace an installation is gone, and nobody works on it.
        Err(Error::Cluster(error)) if error.is_not_found() => Ok(None),
        Err(error @ Error::Held { .. }) => Err(Failure::from(error)
            .hint("wait for it; if that machine is gone, the lease expires a minute after its last renewal")),
        Err(error) => Err(error.into()),
    }
}

/// The end of a run that somebody broke off.
pub fn interrupted(so_far: &str) -> Failure {
    Failure::new(format!("interrupted; {so_far}"))
        .with_exit(INTERRUPTED)
        .hint("nothing is taken back; the same command goes on from here")
}

/// Ends when somebody wants the program to stop. Once this was waited for, the process no longer dies by itself, so
/// everything that runs afterwards has to wait for it too.
pub async fn interruption() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut stop) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = stop.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
