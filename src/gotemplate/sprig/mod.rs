//! Sprig's functions, one table per field.

mod certificates;
mod dates;
mod defaults;
mod dicts;
mod encoding;
mod json;
mod keys;
mod layout;
mod lists;
mod numbers;
mod passwords;
mod places;
mod random;
mod regexes;
mod strings;
mod types;
mod versions;

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
    types::TABLE,
    regexes::TABLE,
    encoding::TABLE,
    places::TABLE,
    versions::TABLE,
    dates::TABLE,
    random::TABLE,
    passwords::TABLE,
    keys::TABLE,
    certificates::TABLE,
];
