//! Whether the suite has seen everything that operations say they may answer.

use scrip_refusal::Code;
use std::fs;
use std::path::Path;

/// The sources of this suite without blanks and line breaks, so that a call reads the same however it is laid out.
fn sources() -> String {
    fn read(folder: &Path, text: &mut String) {
        for entry in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if entry.is_dir() {
                read(&entry, text);
            } else if entry.extension().is_some_and(|extension| extension == "rs") {
                text.push_str(&fs::read_to_string(entry).unwrap());
            }
        }
    }
    let mut text = String::new();
    read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("api"), &mut text);
    text.retain(|character| !character.is_whitespace());
    text
}

/// The matrix asks each operation for these; that it does is tested there.
const BY_THE_MATRIX: [Code; 4] = [Code::WrongRole, Code::NotFound, Code::MalformedJson, Code::InvalidRequest];

/// [`scrip_test_support::Answer::refused`] and its like hold an answer to the operation and the code that they name, so where
/// such a call stands, that operation was seen to refuse with that code.
#[test]
fn every_code_that_an_operation_lists_is_seen_from_it() {
    let sources = sources();
    for operation in scrip_catalog::operations() {
        for code in operation.refusals().filter(|code| !BY_THE_MATRIX.contains(code)) {
            let whole = format!("refused(\"{}\",{},\"{code}\")", operation.name, scrip_http::status(code));
            let field = format!("refused_field(\"{}\",", operation.name);
            let of_a_field = sources.split(&field).skip(1).any(|call| {
                let call = call.split(");").next().unwrap_or_default();
                call.ends_with(&format!(",\"{code}\""))
            });
            assert!(
                sources.contains(&whole) || of_a_field,
                "no test sees {} refuse with {code}",
                operation.name
            );
        }
    }
}
