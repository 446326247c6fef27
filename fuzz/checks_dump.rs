//! What must hold for any bytes given as a dump of a proxy. Shared by the libFuzzer target, its twin for stable Rust, and
//! the tests with hostile dumps.

use bowline::envoy::canonical::{self, Resources};
use bowline::envoy::decode::Decoder;
use bowline::envoy::dump::endpoint::ClusterStatuses;
use bowline::envoy::dump::{
    Bootstrap, Clusters, DumpError, Ecds, Endpoints, Kind, Listeners, Routes, Secrets, Tree, cluster, listener,
    section, sections,
};
use bowline::envoy::text;
use bowline::inspect::explain::{Model, Request, explain};
use bowline::inspect::pattern::Pattern;
use bowline::inspect::{clusters, dump_diff, eds, endpoints, listeners, routes, secrets, sync_diff, waypoint, ztunnel};
use serde_json::value::RawValue;

/// Panics where a promise is broken: nothing here may crash, and what was printed means the same when it is read again.
pub fn check(dump: &[u8]) {
    tables(dump);
    resources(dump, section::<Clusters<&RawValue>>(dump).map(Clusters::into_resources), canonical::CLUSTER);
    resources(dump, section::<Listeners<&RawValue>>(dump).map(Listeners::into_resources), canonical::LISTENER);
    resources(dump, section::<Routes<&RawValue>>(dump).map(Routes::into_resources), canonical::ROUTE);
    if let Ok(tree) = section::<Tree<Bootstrap>>(dump)
        && let Ok(all) = canonical::section(tree.into(), Bootstrap::TYPE)
    {
        all.values.iter().for_each(printed);
    }
    if let Ok(tree) = section::<Tree<Secrets>>(dump)
        && let Ok(all) = canonical::section(tree.into(), Secrets::TYPE)
    {
        all.values.iter().for_each(|value| drop(secrets::table(value, 0, true)));
    }
    let _ = sections::<Tree<Ecds>>(dump);
    let _ = sync_diff::report(dump, dump, &jiff::tz::TimeZone::UTC);
    let _ = dump_diff::compare(dump, b"{}", &dump_diff::Options::default());
    for request in ["GET http://reviews.shop:9080/a/../b?c=1", "tcp://10.0.0.1:9080", "https://a.example.com/"] {
        let request = Request::parse(request).expect("a request");
        let inbound = Request { inbound: true, ip: Some("10.0.0.1".to_owned()), ..request.clone() };
        for request in [request, inbound] {
            let _ = Model::read(dump).map(|model| explain(&model, &request).text());
        }
    }
    let _ = ztunnel::Dump::parse(dump);
}

fn tables(dump: &[u8]) {
    if let Ok(section) = section::<Clusters<cluster::Cluster>>(dump) {
        let shown = clusters::selected(section.into_resources(), |cluster| &cluster.name, &clusters::Filter::default());
        clusters::table(&shown, true).finish();
    }
    if let Ok(section) = section::<Listeners<listeners::Summary>>(dump) {
        let mut shown = section.into_resources();
        listeners::sort(&mut shown);
        listeners::table(&shown, true).finish();
        listeners::summary(&shown, false).finish();
    }
    if let Ok(section) = section::<Listeners<listener::Listener>>(dump) {
        waypoint::table(&mut section.into_resources()).finish();
    }
    if let Ok(section) = section::<Routes<routes::Summary>>(dump) {
        let shown = routes::selected(section.into_resources(), |route| route.name(), &Pattern::Any);
        routes::table(&shown, true).finish();
    }
    if let Ok(section) = section::<Endpoints<eds::Summary>>(dump) {
        let all = section.into_resources();
        let filter = eds::Filter::default();
        eds::table(&eds::selected(&all, &filter), &filter).finish();
    }
    if let Ok(answer) = serde_json::from_slice::<ClusterStatuses<endpoints::Hosts>>(dump) {
        endpoints::table(&answer.cluster_statuses, &endpoints::Filter::default()).finish();
    }
}

fn resources<'a, E>(dump: &'a [u8], raws: Result<Vec<&'a RawValue>, E>, message: &'static str) {
    let Ok(raws) = raws else { return };
    let resources = Resources::new(dump, raws, message);
    let Ok(all) = resources.read() else { return };
    let mut items = Vec::new();
    let printed_one_by_one = resources.print(
        |value| text::item(&value),
        |item| {
            items.push(item.to_owned());
            Ok::<_, DumpError>(())
        },
    );
    assert!(printed_one_by_one.is_ok());
    if !items.is_empty() {
        assert_eq!(format!("[{}\n]", items.join(",")), text::list(&all.values));
    }
    for value in &all.values {
        printed(value);
        let again = text::compact(value);
        let json = serde_json::from_str(&again).expect("what is printed is JSON");
        let read = Decoder::default().message(json, message).expect("what is printed is the message");
        assert_eq!(text::compact(&read), again);
    }
}

/// All forms of a value: the text with the reference's white space, and YAML.
fn printed(value: &bowline::envoy::value::Value) {
    let single = text::single(value);
    serde_json::from_str::<serde_json::Value>(&single).expect("what is printed is JSON");
    let yaml = bowline::yaml::to_string(&value.to_tree());
    let read = bowline::yaml::from_str(&yaml).expect("what is printed is YAML");
    assert_eq!(bowline::yaml::to_string(&read), yaml);
}
