//! What must hold for any text given to `analyze`. Shared by the libFuzzer target and the test for stable Rust.

use bowline::analysis::input::{self, Source};
use bowline::analysis::report::{FORMATS, Format, Report};
use bowline::analysis::rules::RULES;
use bowline::analysis::view::View;
use bowline::analysis::{self, Given, MeshConfig, Profile, Settings, Snapshot, builtin, fixes, suppression};
use bowline::yaml;

/// Panics where a promise is broken.
pub fn check(bytes: &[u8]) {
    let Ok(text) = yaml::text(bytes) else { return };
    for (profile, complete) in [(Profile::Reference, false), (Profile::Ours, false), (Profile::Ours, true)] {
        let mended = judge(text, profile, complete);
        if let Some(mended) = mended {
            judge(&mended, profile, complete);
        }
    }
}

/// Runs every rule and every report. Gives the text with its fixes made, if there are any.
fn judge(text: &str, profile: Profile, complete: bool) -> Option<String> {
    let settings =
        Settings { profile, complete, now: 1_800_000_000, target_version: Some((1, 31)), ..Settings::default() };
    // The text stands for itself and for the mesh configuration too.
    let side = yaml::parse_document(text).ok();
    let mesh = side.as_ref().map_or(View::NONE, |document| View::new(document.root()));
    let mut sources = vec![Source::file("in.yaml", text)];
    sources.extend(builtin::sources(&settings, Some(MeshConfig::new(mesh, "istio-system").ingress_service())));
    let chunks = input::parse(&sources, profile == Profile::Reference);
    let given =
        Given { sources: &sources, chunks: &chunks, settings: &settings, mesh_config: mesh, mesh_networks: mesh };
    let snapshot = Snapshot::build(given, RULES);
    let mut findings = analysis::run(&snapshot, RULES).findings;
    let shown: Vec<_> = findings.iter().collect();
    let report = Report { snapshot: &snapshot, findings: &shown, color: true };
    for (name, format) in FORMATS {
        let out = report.render(*format);
        match format {
            Format::Json | Format::Sarif => {
                assert!(serde_json::from_str::<serde_json::Value>(&out).is_ok(), "{name}: {out}");
            }
            Format::Yaml => assert!(yaml::from_str(&out).is_ok(), "{name}: {out}"),
            Format::Github => assert_eq!(out.lines().count(), findings.len(), "{name}: {out}"),
            _ => {}
        }
    }
    let (texts, _) = fixes::apply(snapshot.sources(), findings.iter(), true);
    let mended = texts.into_iter().find(|(source, _)| *source == 0).map(|(_, text)| text);
    if let Some(mended) = &mended {
        assert_eq!(unreadable(mended), unreadable(text), "{text}\n=== became\n{mended}");
    }
    suppression::apply(&snapshot, &mut findings, &[], "2026-01-01");
    mended
}

fn unreadable(text: &str) -> usize {
    let sources = [Source::file("in.yaml", text)];
    let chunks = input::parse(&sources, false);
    chunks.iter().flat_map(|chunk| &chunk.documents).filter(|document| document.is_err()).count()
}
