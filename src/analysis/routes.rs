//! The destinations of a VirtualService, in the order in which the reference looks at them.

use super::view::View;

/// Where a route or a mirror sends requests.
pub struct Destination<'a> {
    pub node: View<'a>,
    pub is_mirror: bool,
    /// In `mirrors[]`, of which the reference does not know the place.
    pub is_in_mirrors: bool,
}

/// Destinations of tcp, tls and http routes, then of mirrors.
pub fn destinations<'a>(spec: View<'a>) -> impl Iterator<Item = Destination<'a>> {
    let routes = ["tcp", "tls", "http"].into_iter().flat_map(move |kind| spec.get(kind).items());
    let routed = routes.flat_map(|route| route.get("route").items());
    let routed =
        routed.map(|entry| Destination { node: entry.get("destination"), is_mirror: false, is_in_mirrors: false });
    let mirrored = spec.get("http").items().flat_map(|route| {
        let single = Some(route.get("mirror")).filter(|mirror| mirror.is_set());
        let single = single.map(|node| Destination { node, is_mirror: true, is_in_mirrors: false });
        let several = route.get("mirrors").items();
        single.into_iter().chain(several.map(|entry| Destination {
            node: entry.get("destination"),
            is_mirror: true,
            is_in_mirrors: true,
        }))
    });
    routed.chain(mirrored)
}

/// Destinations of http routes alone.
pub fn http_destinations<'a>(spec: View<'a>) -> impl Iterator<Item = View<'a>> {
    spec.get("http").items().flat_map(|route| route.get("route").items()).map(|entry| entry.get("destination"))
}
