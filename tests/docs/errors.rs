//! `docs/errors.md` lists every code in order of precedence.

use scrip_refusal::Code;
use std::fmt::Write;

const INTRODUCTION: &str = "\
# Errors

Every error is a problem document (RFC 9457, `application/problem+json`) with `type`, `title`, `status`, `detail`, \
`code` and `request_id`; wrong fields are listed in `errors` as `{pointer, code, detail}`. Codes are stable: a client \
may branch on them. What else an error tells stands beside these members: `current` (the state now), `attempts_left`, \
`retry_after_seconds` (also as `Retry-After`), `left`, `room`, `total`.

When several codes apply, the one listed first is told. A refused request changes nothing, except that a wrong PIN or \
signature costs an attempt. This page is made from `shared/refusal/src/code.rs` and `shared/http/src/problem.rs`; a \
test compares it with them.

| code | status | meaning |
| --- | --- | --- |
";

fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    for code in Code::ALL {
        writeln!(text, "| `{code}` | {} | {} |", scrip_http::status(*code), code.meaning()).expect("a line");
    }
    text
}

#[test]
fn the_document_and_the_code_agree() {
    super::check("docs/errors.md", &document());
}
