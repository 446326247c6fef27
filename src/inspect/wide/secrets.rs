//! Every certificate of every secret, static ones included: what it is for, whom it names, and how long it lasts.

use super::or_dash;
use crate::envoy::certificate::Certificate;
use crate::envoy::value::Value;
use crate::inspect::proxy_status::age;
use crate::inspect::secrets::bytes;
use crate::ui::tabwriter::TabWriter;

/// A certificate of a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub secret: String,
    pub state: &'static str,
    /// `own` proves who the proxy is, `trusted` whom it believes.
    pub purpose: &'static str,
    /// What the secret holds instead where it holds none that can be read.
    pub certificate: Result<Certificate, String>,
}

/// Where a secret holds certificates: purpose and path of the data source.
const PLACES: [(&str, &[&str]); 2] =
    [("own", &["tlsCertificate", "certificateChain"]), ("trusted", &["validationContext", "trustedCa"])];

/// All certificates of a canonical secrets section.
pub fn rows(section: &Value) -> Vec<Row> {
    let mut rows = Vec::new();
    for (field, state) in
        [("dynamicWarmingSecrets", "WARMING"), ("dynamicActiveSecrets", "ACTIVE"), ("staticSecrets", "STATIC")]
    {
        for entry in section.list(&[field]) {
            let Some(secret) = entry.get("secret") else { continue };
            let before = rows.len();
            let name = entry.text(&["name"]);
            let row = |purpose, certificate| Row { secret: name.to_owned(), state, purpose, certificate };
            for (purpose, path) in PLACES {
                let Some(source) = secret.at(path) else { continue };
                let text = source.get("inlineString").and_then(Value::as_str).map(|text| text.as_bytes().to_vec());
                let pem = text.or_else(|| bytes(source.get("inlineBytes")));
                let all = pem.map(|pem| Certificate::all(&pem)).unwrap_or_default();
                if all.is_empty() {
                    rows.push(row(purpose, Err(unread(source))));
                }
                rows.extend(all.into_iter().map(|certificate| row(purpose, Ok(certificate))));
            }
            if rows.len() == before {
                rows.push(row("", Err(content(secret).to_owned())));
            }
        }
    }
    rows
}

/// Where the certificates of a data source are that does not tell them.
fn unread(source: &Value) -> String {
    let places = [("filename", "in file"), ("environmentVariable", "in variable")];
    let place = places.iter().find_map(|(key, words)| Some(format!("{words} {}", source.get(key)?.as_str()?)));
    place.unwrap_or_else(|| "no certificate".to_owned())
}

/// What a secret without certificates is.
fn content(secret: &Value) -> &'static str {
    let kinds = [("genericSecret", "generic secret"), ("sessionTicketKeys", "session ticket keys")];
    let kind = kinds.iter().find(|(key, _)| secret.get(key).is_some());
    kind.map_or("no certificate", |(_, words)| words)
}

/// The table at this time (seconds since 1970). `highlight` makes a cell stand out that ends soon or has ended.
pub fn table(rows: &[Row], now: i64, soon: i64, highlight: impl Fn(&str) -> String) -> TabWriter {
    let mut table = TabWriter::new(3);
    table.push("RESOURCE NAME\tSTATUS\tPURPOSE\tCERTIFICATE\tISSUER\tSERIAL NUMBER\tEXPIRES\n");
    for row in rows {
        let certificate = match &row.certificate {
            Ok(certificate) => certificate,
            Err(instead) => {
                let cells = [&row.secret, row.state, row.purpose, instead, "", "", ""];
                table.row(cells.into_iter().map(|cell| or_dash(cell.to_owned())));
                continue;
            }
        };
        let names = [&certificate.uris[..], &certificate.dns_names[..]].concat();
        let who = if names.is_empty() { certificate.subject.clone() } else { names.join(",") };
        let expires = expires(certificate, now);
        let expires = if certificate.not_after - now < soon { highlight(&expires) } else { expires };
        let cells =
            [row.secret.as_str(), row.state, row.purpose, &who, &certificate.issuer, &certificate.serial, &expires];
        table.row(cells.into_iter().map(|cell| or_dash(cell.to_owned())));
    }
    table
}

/// How long a certificate still lasts, in words.
fn expires(certificate: &Certificate, now: i64) -> String {
    if certificate.not_before > now {
        return format!("valid only in {}", age(certificate.not_before - now));
    }
    match certificate.not_after - now {
        left if left > 0 => format!("in {}", age(left)),
        left => format!("{} ago", age(-left)),
    }
}
