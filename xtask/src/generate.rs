//! Generated files: what they are made from, writing them, and finding those that are stale.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result, bail, ensure};

/// A file of the repository that nobody edits.
struct Generated {
    /// Relative to the repository's root.
    path: PathBuf,
    content: String,
}

/// Everything that makes files. A new kind of generated file is one more function here.
const GENERATORS: [fn() -> Result<Vec<Generated>>; 2] = [custom_resources, openapi];

/// The definitions of the custom resources: beside the types, and in the chart, which installs them.
fn custom_resources() -> Result<Vec<Generated>> {
    let mut files = Vec::new();
    for manifest in coffer_crds::manifests()? {
        for directory in ["crds/manifests", "charts/coffer/crds"] {
            files.push(Generated {
                path: Path::new(directory).join(&manifest.file),
                content: manifest.yaml.clone(),
            });
        }
    }
    Ok(files)
}

/// What the native API and the dialects document of themselves, from their handlers.
fn openapi() -> Result<Vec<Generated>> {
    let dialects = coffer_api_server::dialects();
    let documents = dialects
        .iter()
        .filter_map(|dialect| Some((dialect.name, dialect.openapi?())));
    let mut files = Vec::new();
    for (door, content) in documents.chain([("native", coffer_api_server::openapi())]) {
        ensure!(
            content.ends_with("}\n"),
            "the OpenAPI document of {door} came out cut off"
        );
        let path = PathBuf::from(format!("docs/openapi/{door}.json"));
        files.push(Generated { path, content });
    }
    Ok(files)
}

fn everything() -> Result<Vec<Generated>> {
    let mut files = Vec::new();
    for generator in GENERATORS {
        files.extend(generator()?);
    }
    Ok(files)
}

/// Writes every generated file that differs.
pub fn write(root: &Path) -> Result<()> {
    for file in everything()?.iter().filter(|file| is_stale(root, file)) {
        let path = root.join(&file.path);
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory).with_context(|| format!("create {}", directory.display()))?;
        }
        fs::write(&path, &file.content).with_context(|| format!("write {}", path.display()))?;
        println!("wrote {}", file.path.display());
    }
    Ok(())
}

/// Fails, naming them, if generated files are not as they would be written.
pub fn check(root: &Path) -> Result<()> {
    let files = everything()?;
    let stale: Vec<_> = files
        .iter()
        .filter(|file| is_stale(root, file))
        .map(|file| format!("  {}", file.path.display()))
        .collect();
    if !stale.is_empty() {
        bail!(
            "generated files are stale; run `cargo xtask generate`:\n{}",
            stale.join("\n")
        );
    }
    Ok(())
}

fn is_stale(root: &Path, file: &Generated) -> bool {
    let found: io::Result<String> = fs::read_to_string(root.join(&file.path));
    found.map_or(true, |content| content != file.content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_fresh_until_someone_edits_it() {
        let root = tempfile::tempdir().unwrap();
        let missing = check(root.path()).unwrap_err().to_string();
        assert!(missing.contains("crds/manifests/vaults.yaml"), "{missing}");

        write(root.path()).unwrap();
        check(root.path()).unwrap();

        let edited = root.path().join("charts/coffer/crds/apikeys.yaml");
        fs::write(&edited, "kind: Other\n").unwrap();
        let stale = check(root.path()).unwrap_err().to_string();
        assert!(
            stale.contains("charts/coffer/crds/apikeys.yaml") && stale.contains("cargo xtask generate"),
            "{stale}"
        );
        assert!(!stale.contains("vaults.yaml"), "{stale}");
    }
}
