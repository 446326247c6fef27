//! Sprig's functions, one table per field.

mod defaults;
mod dicts;
mod json;
mod lists;
mod numbers;
mod regex;
mod strings;
mod types;

pub(super) use json::compact as compact_json;

use super::function::Function;

/// All of Sprig's tables.
pub const TABLES: &[&[Function]] = &[
    strings::TABLE,
    lists::TABLE,
    dicts::TABLE,
    defaults::TABLE,
    json::TABLE,
    numbers::TABLE,
    regex::TABLE,
    types::TABLE,
];
