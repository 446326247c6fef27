# `make demo` shows the main job, `make test` passes every test. Both need Rust; the test cluster also needs Go.
.PHONY: demo test lint release

demo:
	cargo build --profile quick
	sh docs/demo.sh target/quick/bowline

test:
	cargo test

lint:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

release:
	cargo build --release
