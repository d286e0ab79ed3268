//! The images every node is given, and containerd's side of loading any image.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::components::containerd::NAMESPACE;
use crate::image::{self, Addition, Image};
use crate::name::Layout;
use crate::run::run;
use crate::state::State;
use crate::tools::{self, Cache, Group};

/// An image made from a tool of the same name.
pub struct Own {
    tool: &'static str,
    pub reference: &'static str,
    user: &'static str,
}

pub const PAUSE: Own = Own {
    tool: "pause",
    reference: "localhost/coffer-node/pause:1",
    user: "65535",
};
pub const COREDNS: Own = Own {
    tool: "coredns",
    reference: "localhost/coffer-node/coredns:1",
    user: "65532",
};
/// The application of the end-to-end tests.
pub const TESTAPP: Own = Own {
    tool: "testapp",
    reference: "localhost/coffer-testapp:dev",
    user: "65532",
};

/// Builds and loads the node's own images, unless it has those very builds.
pub fn ensure(layout: &Layout, cache: &Cache, state: &mut State) -> Result<String> {
    let mut loaded = Vec::new();
    for own in [PAUSE, COREDNS, TESTAPP] {
        let (group, _) = tools::find(own.tool).with_context(|| format!("no tool is called {}", own.tool))?;
        let id = tools::build_id(group);
        if state.images.get(own.reference) == Some(&id) {
            continue;
        }
        load(layout, &archive(cache, group, &own)?)?;
        state.images.insert(own.reference.to_owned(), id);
        state.write(&layout.state)?;
        loaded.push(own.tool);
    }
    Ok(if loaded.is_empty() {
        "all there".to_owned()
    } else {
        loaded.join(", ")
    })
}

/// The archive is kept beside the tool it is made of, so that it is made once for every node.
fn archive(cache: &Cache, group: &Group, own: &Own) -> Result<PathBuf> {
    let path = cache.folder(group).join("image.tar");
    if path.exists() {
        return Ok(path);
    }
    let _lock = cache.lock(group)?;
    let target = Path::new("/").join(own.tool);
    let image = Image {
        reference: own.reference.to_owned(),
        additions: vec![Addition {
            source: cache.programs(group).join(own.tool),
            target: target.clone(),
        }],
        entrypoint: vec![target.display().to_string()],
        user: own.user.to_owned(),
        ..Image::default()
    };
    let unfinished = path.with_extension("unfinished");
    image::write(&image, File::create(&unfinished)?)?;
    fs::rename(&unfinished, &path).with_context(|| format!("cannot write {}", path.display()))?;
    Ok(path)
}

/// Gives containerd an archive of images.
pub fn load(layout: &Layout, archive: &Path) -> Result<String> {
    let archive = archive.display().to_string();
    ctr(layout, &["images", "import", &archive]).with_context(|| format!("cannot load {archive}"))
}

/// Runs containerd's own client against the node's instance.
pub fn ctr(layout: &Layout, arguments: &[&str]) -> Result<String> {
    let socket = layout.containerd_socket().display().to_string();
    run(
        "ctr",
        ["--address", &socket, "--namespace", NAMESPACE]
            .iter()
            .chain(arguments),
    )
}
