# `make demo` shows the main job, `make test` passes every test. Both need Rust; the test cluster also needs Go.
.PHONY: demo test lint release

demo:
	cargo build --profile quick
	@if command -v go > /dev/null; then \
	  tests/cluster/with.sh target/quick/bowline docs/demo.sh target/quick/bowline; \
	else docs/demo.sh target/quick/bowline; fi

test:
	cargo test

lint:
	cargo fmt --check
	cargo clippy --all-targets -- -D warnings

release:
	cargo build --release
