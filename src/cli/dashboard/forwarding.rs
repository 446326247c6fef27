//! A local port whose connections go to a pod, until the user interrupts.

use std::io::{IsTerminal as _, Write as _};
use std::process::{Command, Stdio};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};

use crate::cli::{Exit, Failure, Outcome};
use crate::cluster::{Cluster, PodName};
use crate::ui::log;

/// What is shown: a port of a pod, and a path behind it.
pub struct Page<'p> {
    pub pod: PodName,
    pub port: u16,
    pub path: &'p str,
}

/// Listens, tells the address, opens a browser if there is a person to see it, and forwards until interrupted.
pub async fn serve(cluster: &Cluster, page: Page<'_>, address: &str, local: u16, browser: bool) -> Outcome {
    // A pod that is not there is told now, not with the first connection.
    drop(cluster.forward(&page.pod.namespace, &page.pod.name, page.port).await?);
    let listener = listen(address, local, page.port).await?;
    let port = listener.local_addr()?.port();
    let url = format!("http://{address}:{port}{}", page.path);
    crate::ui::print(&format!("{url}\n"))?;
    if !browser {
        crate::ui::print("skipping opening a browser")?;
    } else if std::io::stdout().is_terminal() {
        open(&url);
    }
    let accept = async {
        let mut open = futures_util::stream::FuturesUnordered::new();
        loop {
            tokio::select! {
                accepted = listener.accept() => match accepted {
                    Ok((connection, _)) => open.push(forward(cluster, &page, connection)),
                    Err(error) => return Err::<(), std::io::Error>(error),
                },
                Some(()) = futures_util::StreamExt::next(&mut open), if !open.is_empty() => {}
            }
        }
    };
    tokio::select! {
        ended = accept => ended?,
        interrupted = tokio::signal::ctrl_c() => interrupted?,
    }
    std::io::stdout().flush()?;
    Ok(Exit::OK)
}

/// The port that was asked for; without one the pod's own, or any if that is taken.
async fn listen(address: &str, local: u16, remote: u16) -> Result<TcpListener, Failure> {
    let wanted = if local == 0 { remote } else { local };
    match TcpListener::bind((address, wanted)).await {
        Ok(listener) => Ok(listener),
        Err(error) if local != 0 => Err(Failure::new(format!("cannot listen on {address}:{wanted}: {error}"))),
        Err(_) => Ok(TcpListener::bind((address, 0)).await?),
    }
}

async fn forward(cluster: &Cluster, page: &Page<'_>, mut connection: TcpStream) {
    let Page { pod, port, .. } = page;
    match cluster.forward(&pod.namespace, &pod.name, *port).await {
        // A browser that closes a connection is no fault.
        Ok(mut remote) => drop(copy_bidirectional(&mut connection, &mut remote).await),
        Err(error) => log::warn(&format!("{pod}: {error}")),
    }
}

fn open(url: &str) {
    let (program, words): (&str, &[&str]) = match std::env::consts::OS {
        "macos" => ("open", &[]),
        "windows" => ("rundll32", &["url.dll,FileProtocolHandler"]),
        _ => ("xdg-open", &[]),
    };
    let started = Command::new(program).args(words).arg(url).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    if let Err(error) = started {
        log::warn(&format!("cannot open a browser with {program} ({error}); open {url} yourself"));
    }
}
