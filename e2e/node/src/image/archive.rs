//! Writes an image as an archive: `manifest.json`, the configuration, one layer
//! (the combined form of "Docker Image Specification v1.2", which containerd and Docker import).

use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::json;
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::Image;
use super::tree::{Entry, Tree, gather};

/// Images carry no time of their making, or two builds of the same would differ.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// Writes the archive of an image and returns the digest of its configuration, which names the image.
pub fn write(image: &Image, output: impl Write) -> Result<String> {
    let layer = layer(&gather(&image.additions)?)?;
    let diff_id = hex::encode(Sha256::digest(&layer));
    let config = configuration(image, &diff_id).to_string().into_bytes();
    let id = hex::encode(Sha256::digest(&config));
    let (config_name, layer_name) = (format!("{id}.json"), format!("{diff_id}/layer.tar"));
    let manifest = json!([{ "Config": config_name, "RepoTags": [image.reference], "Layers": [layer_name] }]);
    let mut archive = Builder::new(output);
    append(&mut archive, &config_name, &config, 0o644)?;
    append(&mut archive, &layer_name, &layer, 0o644)?;
    append(
        &mut archive,
        "manifest.json",
        manifest.to_string().as_bytes(),
        0o644,
    )?;
    archive.into_inner()?.flush()?;
    Ok(format!("sha256:{id}"))
}

/// The fields of the OCI image configuration that a runtime looks at.
fn configuration(image: &Image, diff_id: &str) -> serde_json::Value {
    json!({
        "architecture": architecture(),
        "os": "linux",
        "created": CREATED,
        "config": {
            "User": image.user,
            "Entrypoint": image.entrypoint,
            "Cmd": image.command,
            "Env": image.environment,
            "WorkingDir": image.directory,
        },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{diff_id}")] },
        "history": [{ "created": CREATED, "created_by": "coffer-node image" }],
    })
}

/// This machine's architecture as images name it.
fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

fn layer(tree: &Tree) -> Result<Vec<u8>> {
    let mut archive = Builder::new(Vec::new());
    for (path, entry) in tree {
        append_entry(&mut archive, path, entry)?;
    }
    Ok(archive.into_inner()?)
}

fn append_entry(archive: &mut Builder<Vec<u8>>, path: &Path, entry: &Entry) -> Result<()> {
    match entry {
        Entry::Folder => {
            let mut header = header(EntryType::Directory, 0, 0o755);
            archive.append_data(&mut header, path, std::io::empty())?;
        }
        Entry::Link { to } => archive.append_link(&mut header(EntryType::Symlink, 0, 0o777), path, to)?,
        Entry::File { source, mode } => {
            let content = fs::read(source).with_context(|| format!("cannot read {}", source.display()))?;
            append(archive, path, &content, *mode)?;
        }
    }
    Ok(())
}

fn append<W: Write>(
    archive: &mut Builder<W>,
    path: impl AsRef<Path>,
    content: &[u8],
    mode: u32,
) -> Result<()> {
    let mut header = header(EntryType::Regular, content.len() as u64, mode);
    archive
        .append_data(&mut header, path, content)
        .map_err(Into::into)
}

fn header(kind: EntryType, size: u64, mode: u32) -> Header {
    let mut header = Header::new_ustar();
    header.set_entry_type(kind);
    header.set_size(size);
    header.set_mode(mode);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(0);
    header
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Addition;
    use std::collections::BTreeMap;
    use std::io::Read;

    fn image(source: &Path) -> Image {
        Image {
            reference: "localhost/x:1".into(),
            additions: vec![Addition {
                source: source.into(),
                target: "/bin/x".into(),
            }],
            entrypoint: vec!["/bin/x".into()],
            user: "65532".into(),
            ..Image::default()
        }
    }

    fn unpack(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        for entry in tar::Archive::new(bytes).entries().unwrap() {
            let mut entry = entry.unwrap();
            assert_eq!(
                (entry.header().mtime().unwrap(), entry.header().uid().unwrap()),
                (0, 0)
            );
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            files.insert(entry.path().unwrap().to_str().unwrap().to_owned(), content);
        }
        files
    }

    #[test]
    fn every_part_is_found_by_the_digest_that_names_it() {
        let disk = tempfile::tempdir().unwrap();
        let program = disk.path().join("x");
        fs::write(&program, b"program").unwrap();
        let mut bytes = Vec::new();
        let id = write(&image(&program), &mut bytes).unwrap();
        let files = unpack(&bytes);
        let manifest: serde_json::Value = serde_json::from_slice(&files["manifest.json"]).unwrap();
        assert_eq!(manifest[0]["RepoTags"], json!(["localhost/x:1"]));
        let config = &files[manifest[0]["Config"].as_str().unwrap()];
        assert_eq!(id, format!("sha256:{}", hex::encode(Sha256::digest(config))));
        let config: serde_json::Value = serde_json::from_slice(config).unwrap();
        let layer = &files[manifest[0]["Layers"][0].as_str().unwrap()];
        assert_eq!(
            config["rootfs"]["diff_ids"][0],
            format!("sha256:{}", hex::encode(Sha256::digest(layer)))
        );
        assert_eq!(config["config"]["User"], "65532");
        assert_eq!(unpack(layer)["bin/x"], b"program");
    }

    #[test]
    fn the_same_files_give_the_same_bytes_whenever_they_were_written() {
        let disk = tempfile::tempdir().unwrap();
        let program = disk.path().join("x");
        let written = |mtime: u64| {
            fs::write(&program, b"program").unwrap();
            let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(mtime);
            fs::File::open(&program).unwrap().set_modified(time).unwrap();
            let mut bytes = Vec::new();
            write(&image(&program), &mut bytes).unwrap();
            bytes
        };
        assert_eq!(written(1), written(1_000_000_000));
    }
}
