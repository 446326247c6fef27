//! How the tables write Envoy's addresses.

use std::borrow::Cow;

use crate::envoy::dump::field::Address;

/// Of a listener: the IP or the path of the pipe, else nothing.
pub fn of_listener(address: Option<&Address>) -> String {
    let Some(address) = address else { return String::new() };
    match (&address.socket_address, &address.pipe) {
        (Some(socket), _) => socket.address.to_string(),
        (None, Some(pipe)) => pipe.path.to_string(),
        (None, None) => String::new(),
    }
}

/// Of a host in `/clusters`: without a port; pipes as `unix://PATH`.
pub fn of_host<'a>(address: Option<&Address<'a>>) -> Cow<'a, str> {
    let Some(address) = address else { return UNKNOWN.into() };
    match (&address.socket_address, &address.pipe) {
        (Some(socket), _) => socket.address.0.clone(),
        (None, Some(pipe)) => format!("unix://{}", &*pipe.path).into(),
        (None, None) => internal(address).into(),
    }
}

/// Of an endpoint in the EDS section: `IP:PORT`, the path of a pipe, or `envoy://LISTENER/ID`.
pub fn of_endpoint(address: Option<&Address>) -> String {
    let Some(address) = address else { return UNKNOWN.to_owned() };
    match (&address.socket_address, &address.pipe) {
        (Some(socket), _) => format!("{}:{}", &*socket.address, socket.port_value.0),
        (None, Some(pipe)) => pipe.path.to_string(),
        (None, None) => internal(address),
    }
}

const UNKNOWN: &str = "unknown";

fn internal(address: &Address) -> String {
    match &address.envoy_internal_address {
        Some(internal) if !internal.server_listener_name.is_empty() => {
            format!("envoy://{}/{}", &*internal.server_listener_name, &*internal.endpoint_id)
        }
        _ => UNKNOWN.to_owned(),
    }
}
