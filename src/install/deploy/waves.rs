//! Which component waits for which.

/// component, the one it waits for
const AFTER: [(&str, &str); 5] =
    [("Cni", "Base"), ("Pilot", "Base"), ("IngressGateways", "Pilot"), ("EgressGateways", "Pilot"), ("Ztunnel", "Cni")];

/// The component this one waits for, looking past those that are not part of the run.
pub fn dependency(component: &str, present: impl Fn(&str) -> bool) -> Option<&'static str> {
    let before = |component: &str| AFTER.iter().find(|(name, _)| *name == component).map(|(_, before)| *before);
    let mut wanted = before(component)?;
    while !present(wanted) {
        wanted = before(wanted)?;
    }
    Some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_component_waits_for_the_nearest_one_that_is_there() {
        assert_eq!(dependency("IngressGateways", |_| true), Some("Pilot"));
        assert_eq!(dependency("IngressGateways", |name| name == "Base"), Some("Base"));
        assert_eq!(dependency("Ztunnel", |_| false), None);
        assert_eq!(dependency("Base", |_| true), None);
    }
}
