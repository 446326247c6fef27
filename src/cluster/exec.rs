//! Commands run inside a container.

use std::time::Duration;

use k8s_openapi::api::core::v1::Pod;
use kube::Api;
use kube::api::AttachParams;
use tokio::io::{AsyncRead, AsyncReadExt};

use super::{Cluster, Error, error};

/// What a command left.
#[derive(Debug)]
pub struct ExecOutput {
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Which part of a log is wanted; by default all of it.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogPart {
    /// So many of the last lines.
    pub lines: Option<i64>,
    /// Not older than this.
    pub seconds: Option<i64>,
    /// Of the container's run before the present one.
    pub of_previous_run: bool,
}

impl Cluster {
    /// Runs a command in a container and waits for its end, at most `limit`. A command that fails is an error.
    pub async fn exec(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        command: &[&str],
        limit: Duration,
    ) -> Result<ExecOutput, Error> {
        let what = format!("exec {} in {pod}.{namespace} ({container})", command.join(" "));
        let failed = |reason: String| Error::Session { what: what.clone(), reason };
        let run = async {
            let pods: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
            let how = AttachParams::default().container(container).stdin(false).stdout(true).stderr(true);
            let words = command.iter().copied();
            let mut session = pods.exec(pod, words, &how).await.map_err(|problem| failed(error::chain(&problem)))?;
            let status = session.take_status();
            let (stdout, stderr) = tokio::join!(drain(session.stdout()), drain(session.stderr()));
            let (stdout, stderr) =
                (stdout.map_err(|e| failed(e.to_string()))?, stderr.map_err(|e| failed(e.to_string()))?);
            if let Some(status) = status
                && let Some(end) = status.await
                && end.status.as_deref() == Some("Failure")
            {
                let said = String::from_utf8_lossy(&stderr).trim().to_owned();
                let reason = end.message.unwrap_or_default();
                return Err(failed(if said.is_empty() { reason } else { format!("{reason}: {said}") }));
            }
            Ok(ExecOutput { stdout, stderr })
        };
        tokio::time::timeout(limit, run).await.map_err(|_| failed(format!("not finished within {limit:?}")))?
    }

    /// The last lines of a container's log.
    pub async fn logs(&self, namespace: &str, pod: &str, container: &str, lines: i64) -> Result<String, Error> {
        let part = LogPart { lines: Some(lines), ..LogPart::default() };
        self.log(namespace, pod, container, part, self.request_timeout).await
    }

    /// A part of a container's log, read within `limit`.
    pub async fn log(
        &self,
        namespace: &str,
        pod: &str,
        container: &str,
        part: LogPart,
        limit: Duration,
    ) -> Result<String, Error> {
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let how = kube::api::LogParams {
            container: Some(container.to_owned()),
            tail_lines: part.lines,
            since_seconds: part.seconds,
            previous: part.of_previous_run,
            ..kube::api::LogParams::default()
        };
        let failed =
            |reason: String| Error::Session { what: format!("log of {pod}.{namespace} ({container})"), reason };
        tokio::time::timeout(limit, pods.logs(pod, &how))
            .await
            .map_err(|_| failed(format!("no answer within {limit:?}")))?
            .map_err(|problem| failed(error::chain(&problem)))
    }
}

async fn drain(stream: Option<impl AsyncRead + Unpin>) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        stream.read_to_end(&mut bytes).await?;
    }
    Ok(bytes)
}
