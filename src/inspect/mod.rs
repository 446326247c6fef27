//! What proxies and istiod know, as tables: pure functions from dumps to rows.

pub mod address;
pub mod authz;
pub mod bootstrap;
pub mod bug_report;
pub mod clusters;
pub mod describe;
pub mod dump_diff;
pub mod ecds;
pub mod eds;
pub mod endpoints;
pub mod explain;
pub mod go_sort;
pub mod listeners;
pub mod logging;
pub mod origin;
pub mod pattern;
pub mod proxy_status;
pub mod root_ca;
pub mod route_text;
pub mod routes;
pub mod secrets;
pub mod sync_diff;
pub mod versions;
pub mod waypoint;
pub mod wide;
pub mod ztunnel;
