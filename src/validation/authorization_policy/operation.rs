//! Operations: what is called.

use super::{first_empty, values};
use crate::api::view::View;
use crate::validation::report::{Fault, Report, Verdict};

const LISTS: &[&str] = &["hosts", "notHosts", "ports", "notPorts", "methods", "notMethods", "paths", "notPaths"];

pub fn check<'d>(report: &mut Report<'d>, operation: View<'d>) {
    if LISTS.iter().all(|field| operation.is_empty(field)) {
        report.error("authz-operation-empty", operation.here(), "the operation has no attributes");
    }
    for field in ["ports", "notPorts"] {
        for (text, node) in operation.texts(field) {
            report.check(node, values::port(text));
        }
    }
    for field in LISTS {
        first_empty(report, operation, field);
    }
    for field in ["paths", "notPaths"] {
        // The reference names the first bad path of each list only.
        let most = if report.compat() { 1 } else { usize::MAX };
        let bad = operation.texts(field).filter_map(|(path, node)| check_path(path).err().map(|fault| (fault, node)));
        for (fault, node) in bad.take(most) {
            report.error(fault.code, node, fault.message);
        }
    }
}

/// A path, perhaps with templates: `{*}` for one segment, `{**}` for any number of them.
pub fn check_path(path: &str) -> Verdict {
    if !path.contains(['{', '}']) {
        return Ok(());
    }
    let templated = has_template(path);
    let mut any = false;
    for segment in path.trim_matches('/').split('/') {
        match segment {
            "{*}" | "{**}" if any => {
                let message = format!("{path:?}: nothing can be matched by a template after {{**}}");
                return Err(Fault::new("authz-path-template-last", message));
            }
            "{*}" => {}
            "{**}" => any = true,
            _ if segment.contains(['{', '}']) => {
                let message = format!("{path:?}: braces can only stand in whole segments {{*}} and {{**}}");
                return Err(Fault::new("authz-path-template-brace", message));
            }
            _ if templated && !is_literal(segment) => {
                let message =
                    format!("{path:?}: the segment {segment:?} has characters that a path with templates cannot have");
                return Err(Fault::new("authz-path-literal", message));
            }
            _ => {}
        }
    }
    Ok(())
}

pub fn has_template(path: &str) -> bool {
    path.contains("{*}") || path.contains("{**}")
}

/// A segment beside templates.
pub fn is_literal(segment: &str) -> bool {
    !segment.is_empty()
        && segment.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()+,;:@=".contains(&byte))
}
