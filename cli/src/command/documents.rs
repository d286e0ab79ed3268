//! Files of manifests: which there are below a folder, and the documents in one.

use std::{
    fs,
    io::{self, Read},
    path::{Path, PathBuf},
};

use serde_json::Value;

use crate::failure::Failure;

/// The file itself, or every `.yaml`, `.yml` and `.json` below the folder, in order. Folders whose names begin
/// with a dot are left out.
pub fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    let failed = |source| Failure::File {
        path: path.to_owned(),
        source,
    };
    if !fs::metadata(path).map_err(failed)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let entries: io::Result<Vec<_>> = fs::read_dir(path).map_err(failed)?.collect();
    let mut entries: Vec<PathBuf> = entries
        .map_err(failed)?
        .into_iter()
        .map(|entry| entry.path())
        .collect();
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        let hidden = entry
            .file_name()
            .is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if entry.is_dir() {
            if !hidden {
                found.extend(files(&entry)?);
            }
        } else if is_manifest(&entry) {
            found.push(entry);
        }
    }
    Ok(found)
}

/// The text of a file, of every manifest below a folder, or of standard input, which is `-`; each with its name.
pub fn read(path: &Path) -> Result<Vec<(String, String)>, Failure> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| Failure::File { path, source }
    };
    if path == Path::new("-") {
        let mut text = String::new();
        io::stdin().read_to_string(&mut text).map_err(failed(path))?;
        return Ok(vec![("standard input".to_owned(), text)]);
    }
    let one = |file: PathBuf| {
        let text = fs::read_to_string(&file).map_err(failed(&file))?;
        Ok((file.display().to_string(), text))
    };
    files(path)?.into_iter().map(one).collect()
}

fn is_manifest(path: &Path) -> bool {
    let extension = path.extension().map(std::ffi::OsStr::to_ascii_lowercase);
    extension.is_some_and(|extension| ["yaml", "yml", "json"].iter().any(|known| extension == *known))
}

/// A document of a file.
#[derive(Debug)]
pub struct Document {
    /// The line where it begins, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
}

impl Document {
    /// What it says; `None` if it is empty.
    pub fn value(&self) -> Result<Option<Value>, String> {
        let read: Result<Option<Value>, _> = serde_saphyr::from_str(&self.text);
        read.map_err(|error| {
            let said = error.to_string();
            said.lines().next().unwrap_or("it is not YAML").to_owned()
        })
    }
}

/// The documents of a text, divided by lines of `---`, which keep their place: joined again they are the text.
pub fn documents(text: &str) -> Vec<Document> {
    let mut all = vec![Document {
        line: 1,
        text: String::new(),
    }];
    for (at, line) in text.split_inclusive('\n').enumerate() {
        let divides = line
            .strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['\n', '\r', ' ', '\t']));
        if divides && at > 0 {
            all.push(Document {
                line: at + 1,
                text: String::new(),
            });
        }
        if let Some(document) = all.last_mut() {
            document.text.push_str(line);
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_keep_their_text_and_know_their_line() {
        let text = "# first\n---\na: 1\n--- # two\nb: |\n  ---x\n---\n";
        let all = documents(text);
        let joined: String = all.iter().map(|document| document.text.as_str()).collect();
        assert_eq!(joined, text);
        let lines: Vec<usize> = all.iter().map(|document| document.line).collect();
        assert_eq!(lines, [1, 2, 4, 7]);
        let values: Vec<_> = all.iter().map(|document| document.value().unwrap()).collect();
        assert_eq!(
            values,
            [
                None,
                Some(serde_json::json!({"a": 1})),
                Some(serde_json::json!({"b": "---x\n"})),
                None
            ]
        );
    }
}
