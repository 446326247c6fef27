//! TrafficExtension: a WebAssembly module or Lua code.

use super::report::Report;
use super::targets::{self, Targeting};
use super::wasm;
use crate::api::view::View;

const LONGEST_CODE: usize = 65_536;

pub fn check<'d>(report: &mut Report<'d>, spec: View<'d>) {
    // Of two members of the oneof one wins when the document is decoded, so only none can be told apart.
    if !spec.has("wasm") && !spec.has("lua") {
        report.error("te-one-of", spec.here(), "the extension needs wasm or lua");
    }
    targets::check(report, spec, Targeting::NoSingle);
    if let Some(lua) = spec.message("lua") {
        let code = lua.text("inlineCode");
        if code.is_empty() {
            report.error("lua-empty", lua.at("inlineCode"), "there is no Lua code");
        }
        if code.len() > LONGEST_CODE {
            let message = format!("the Lua code has {} bytes, at most {LONGEST_CODE} are allowed", code.len());
            report.error("lua-size", lua.at("inlineCode"), message);
        }
    }
    if let Some(module) = spec.message("wasm") {
        wasm::module(report, module);
    }
    wasm::match_ports(report, spec);
}
