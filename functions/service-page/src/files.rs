//! The page's files, as they were when this was compiled.

use bytes::Bytes;
use rust_embed::RustEmbed;

#[derive(RustEmbed)]
#[folder = "../../web/service-page/dist"]
struct Files;

/// The longest name of a file.
const MAX_NAME_CHARACTERS: usize = 64;
/// A name with a hash of the content never stands for other content.
const FOREVER: &str = "public, max-age=31536000, immutable";
/// Kept, and asked for again before each use.
const ASKED_FOR_AGAIN: &str = "no-cache";
/// Names that stay when the content changes.
const LASTING_NAMES: [&str; 5] = ["index.html", "sw.js", "icon.svg", "app.webmanifest", "licenses.json"];

/// A file as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) content: Bytes,
    pub(crate) content_type: &'static str,
    pub(crate) cache_control: &'static str,
}

/// The regular expression of the names that a file can have.
pub(crate) fn name_pattern() -> String {
    format!("^[A-Za-z0-9._-]{{1,{MAX_NAME_CHARACTERS}}}$")
}

/// The file of that name.
pub(crate) fn file(name: &str) -> Option<File> {
    let is_name = name.len() <= MAX_NAME_CHARACTERS
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_'));
    let content_type = content_type(name).filter(|_| is_name)?;
    let file = Files::get(name)?;
    let content = match file.data {
        std::borrow::Cow::Borrowed(content) => Bytes::from_static(content),
        std::borrow::Cow::Owned(content) => Bytes::from(content),
    };
    let cache_control = if LASTING_NAMES.contains(&name) { ASKED_FOR_AGAIN } else { FOREVER };
    Some(File { content, content_type, cache_control })
}

/// Endings of names, and what they mean. Only text is served: it passes API Gateway as it is.
const CONTENT_TYPES: [(&str, &str); 6] = [
    ("html", "text/html; charset=utf-8"),
    ("js", "text/javascript; charset=utf-8"),
    ("css", "text/css; charset=utf-8"),
    ("json", "application/json"),
    ("svg", "image/svg+xml"),
    ("webmanifest", "application/manifest+json"),
];
/// The same without parameters.
pub(crate) const MEDIA_TYPES: [&str; 6] = [
    "text/html",
    "text/javascript",
    "text/css",
    "application/json",
    "image/svg+xml",
    "application/manifest+json",
];

fn content_type(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    CONTENT_TYPES.iter().find(|(known, _)| *known == ending).map(|(_, content_type)| *content_type)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_file_of_the_folder_is_served_and_is_text() {
        let names: Vec<_> = Files::iter().collect();
        assert!(names.iter().any(|name| name == "index.html"));
        for name in names {
            let file = file(&name).unwrap_or_else(|| panic!("{name} is not served"));
            assert!(std::str::from_utf8(&file.content).is_ok(), "{name} would not pass API Gateway");
        }
    }

    #[test]
    fn every_type_is_described() {
        let bare = CONTENT_TYPES.map(|(_, content_type)| content_type.split(';').next().unwrap());
        assert_eq!(bare, MEDIA_TYPES);
    }

    #[test]
    fn what_keeps_its_name_is_asked_for_again_and_what_is_hashed_is_kept() {
        for name in LASTING_NAMES {
            assert_eq!(file(name).expect(name).cache_control, ASKED_FOR_AGAIN);
        }
        for name in Files::iter().filter(|name| !LASTING_NAMES.contains(&name.as_ref())) {
            let stem = name.rsplit_once('.').unwrap().0;
            let hash = stem.split_once('-').unwrap_or_else(|| panic!("{name} has no hash")).1;
            assert!(hash.len() >= 8, "{name}");
            assert_eq!(file(&name).unwrap().cache_control, FOREVER);
        }
    }

    #[test]
    fn nothing_outside_the_folder_is_served() {
        for name in
            ["", ".", "..", "../package.json", "..%2fpackage.json", "/etc/passwd", "index", "x.txt", ".html"]
        {
            assert_eq!(file(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn no_other_name_is_a_file(name in "\\PC{0,80}") {
            prop_assert_eq!(file(&name).is_some(), Files::iter().any(|found| found == name));
        }
    }
}
