//! A cluster, as far as its table needs it.

use super::field::{EnumValue, Metadata};
use crate::envoy::json::Text;

/// One cluster.
#[derive(Debug, Clone, serde::Deserialize)]
pub struct Cluster<'a> {
    #[serde(default, borrow)]
    pub name: Text<'a>,
    #[serde(default, borrow, rename = "type")]
    pub discovery: EnumValue<'a>,
    #[serde(default, borrow)]
    pub metadata: Option<Metadata<'a>>,
}
