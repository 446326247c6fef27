//! Envoy's admin interface as data: the config dump borrowed from its text, and the schema that canonical JSON needs.

pub mod binary;
pub mod canonical;
pub mod certificate;
pub mod decode;
pub mod dump;
pub mod json;
pub mod pem;
pub mod schema;
pub mod text;
pub mod value;
pub mod well_known;
pub mod wire;
