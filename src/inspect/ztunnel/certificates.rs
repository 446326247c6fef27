//! The table of certificates a ztunnel holds for the workloads of its node.

use crate::envoy::value::Value;
use crate::envoy::well_known::parse_timestamp;
use crate::ui::tabwriter::TabWriter;

/// The table at this time (seconds since 1970), and the times in it that could not be read.
pub fn table(certificates: &[Value], now: i64) -> (TabWriter, Vec<String>) {
    let mut unreadable = Vec::new();
    let mut table = TabWriter::new(5);
    table.push("CERTIFICATE NAME\tTYPE\tSTATUS\tVALID CERT\tSERIAL NUMBER\tNOT AFTER\tNOT BEFORE\n");
    for secret in certificates {
        let state = secret.text(&["state"]);
        let state = if state.contains("Unavailable") { "Unavailable" } else { state };
        let identity = secret.text(&["identity"]);
        let chain = secret.list(&["certChain"]);
        let roots = secret.list(&["rootCerts"]);
        if chain.is_empty() {
            table.row([identity, "NA", state, "false", "NA", "NA", "NA"]);
        }
        let last = chain.len().saturating_sub(1);
        let kind = |place: usize| match place {
            0 => "Leaf",
            // Older ztunnels put the root at the end of the chain.
            place if place == last && roots.is_empty() => "Root",
            _ => "Intermediate",
        };
        let chain = chain.iter().enumerate().map(|(place, certificate)| (kind(place), certificate));
        for (kind, certificate) in chain.chain(roots.iter().map(|root| ("Root", root))) {
            let (from, until) = (certificate.text(&["validFrom"]), certificate.text(&["expirationTime"]));
            let valid = is_valid(from, until, now, &mut unreadable);
            let shown = |time: &str| if time.is_empty() { "NA".to_owned() } else { time.to_owned() };
            let serial = hex(certificate.text(&["serialNumber"])).unwrap_or_else(|| "<nil>".to_owned());
            table.row([identity, kind, state, &valid.to_string(), &serial, &shown(until), &shown(from)]);
        }
    }
    (table, unreadable)
}

fn is_valid(from: &str, until: &str, now: i64, unreadable: &mut Vec<String>) -> bool {
    let mut time = |text: &str| {
        let parsed = parse_timestamp(text);
        if parsed.is_none() && !text.is_empty() {
            unreadable.push(text.to_owned());
        }
        parsed
    };
    let (from, until) = (time(from), time(until));
    let now = (now, 0);
    from.zip(until).is_some_and(|(from, until)| from < now && now < until)
}

/// A decimal number of any length in hexadecimal.
fn hex(decimal: &str) -> Option<String> {
    let digits = decimal.strip_prefix(['+', '-']).unwrap_or(decimal);
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    // Base 16, least significant first.
    let mut out: Vec<u8> = vec![0];
    for digit in digits.bytes() {
        let mut carry = u32::from(digit - b'0');
        for place in &mut out {
            carry += u32::from(*place) * 10;
            *place = (carry % 16) as u8;
            carry /= 16;
        }
        if carry > 0 {
            out.push(carry as u8);
        }
    }
    let text: String = out.iter().rev().filter_map(|place| char::from_digit((*place).into(), 16)).collect();
    let text = text.trim_start_matches('0');
    let text = if text.is_empty() { "0" } else { text };
    Some(if decimal.starts_with('-') && text != "0" { format!("-{text}") } else { text.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::hex;

    #[test]
    fn serial_numbers_become_hexadecimal() {
        let cases = [
            ("1234567890123456789", Some("112210f47de98115")),
            ("340282366920938463463374607431768211456", Some("100000000000000000000000000000000")),
            ("-5", Some("-5")),
            ("+7", Some("7")),
            ("000", Some("0")),
            ("0x10", None),
            ("", None),
        ];
        for (decimal, wanted) in cases {
            assert_eq!(hex(decimal).as_deref(), wanted, "{decimal}");
        }
    }
}
