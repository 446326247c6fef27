//! Go's text/template with the Sprig and Helm functions, over values with reference semantics.
//!
//! A [`Set`] holds parsed templates and the [`Functions`] they may call; [`Set::execute`] turns data into text. Function
//! tables are layered: Go's own, Sprig's, then Helm's or the injector's. Templates may come from a stranger, so recursion,
//! output, steps and time are limited.

mod ast;
mod blind;
mod budget;
mod builtin;
pub mod duration;
mod error;
mod eval;
mod function;
pub mod helm;
mod lexer;
mod number;
mod parser;
pub mod print;
mod printf;
mod quote;
pub mod semver;
mod set;
mod sprig;
mod stack;
mod toml;
mod value;

pub use blind::{Blind, Condition, Rule, Sight, StandIns};
pub use budget::Limits;
pub use error::{Error, Fault};
pub use function::{Body, Call, Function, Functions, Outcome, Type, show};
pub use number::hexadecimal_float;
pub use quote::quoted;
pub use set::{MissingKey, Set};
pub use sprig::TABLES as SPRIG;
pub use stack::deep;
pub use value::{
    ANY_LIST, GENERIC_MAP, IntKind, List, ListMethod, Map, MapMethod, MapType, Object, STRING_LIST, TEXT_MAP, Value,
    Watch,
};

#[cfg(test)]
mod tests;
