//! Files: one memory volume per directory, written by the agent, mounted read-only in the chosen containers.

use coffer_wire::{Content as WireContent, FileSpec};
use k8s_openapi::api::core::v1::VolumeMount;

use super::{
    Chosen,
    volumes::{self, Mebibytes},
};
use crate::{
    annotation::path::nested,
    denied::Denied,
    wish::{Content, File},
};

/// The directories that hold the files, each once, in the order they are first asked for.
#[derive(Debug)]
pub struct Directories<'w> {
    files: &'w [File],
    paths: Vec<&'w str>,
}

impl<'w> Directories<'w> {
    /// Groups `files` by directory.
    ///
    /// # Errors
    /// A directory within another of ours: the outer one is read-only, so the inner mount has no place.
    pub fn of(files: &'w [File]) -> Result<Self, Denied> {
        let mut paths: Vec<&str> = Vec::new();
        for file in files {
            if paths.contains(&file.directory.as_str()) {
                continue;
            }
            if let Some(other) = paths.iter().find(|other| nested(&file.directory, other)) {
                let problem = format!(
                    "its directory {} and {other}, of another file, lie within each other",
                    file.directory
                );
                return Err(Denied::new(
                    file.annotation(),
                    problem,
                    "put both files in one directory, or side by side",
                ));
            }
            paths.push(&file.directory);
        }
        Ok(Self { files, paths })
    }

    /// Refuses a directory where one of the containers already has a volume.
    pub fn check(&self, chosen: &[Chosen<'_>]) -> Result<(), Denied> {
        for container in chosen {
            for file in self.files {
                if let Some(at) = container.mount_in_the_way(&file.directory) {
                    let (directory, name) = (&file.directory, container.name());
                    let problem = format!(
                        "its directory {directory} is taken: container {name} mounts a volume at {at}"
                    );
                    return Err(Denied::new(
                        file.annotation(),
                        problem,
                        "choose a path outside the container's volumes",
                    ));
                }
            }
        }
        Ok(())
    }

    /// The volumes' names, and what each may come to hold.
    pub fn volumes(&self) -> impl Iterator<Item = (String, Mebibytes)> {
        self.paths.iter().enumerate().map(|(i, path)| {
            let here = self.files.iter().filter(|file| file.directory == **path);
            let (templates, values): (Vec<&File>, Vec<&File>) =
                here.partition(|file| matches!(file.content, Content::Template { .. }));
            (
                volumes::files(i),
                Mebibytes::holding(values.len(), templates.len()),
            )
        })
    }

    /// The application's mounts.
    pub fn app_mounts(&self) -> impl Iterator<Item = VolumeMount> {
        self.paths
            .iter()
            .enumerate()
            .map(|(i, path)| volumes::read_only(&volumes::files(i), path))
    }

    /// The agent's mounts.
    pub fn agent_mounts(&self) -> impl Iterator<Item = VolumeMount> {
        (0..self.paths.len()).map(|i| volumes::writable(&volumes::files(i), &agent_directory(i)))
    }

    /// What the agent is to write.
    pub fn specs(&self) -> Vec<FileSpec> {
        self.files.iter().filter_map(|file| self.spec(file)).collect()
    }

    fn spec(&self, file: &File) -> Option<FileSpec> {
        let i = self.paths.iter().position(|path| *path == file.directory)?;
        let content = match &file.content {
            Content::Secret(name) => WireContent::Secret(name.as_str().to_owned()),
            Content::Template { source, .. } => WireContent::Template(source.clone()),
        };
        Some(FileSpec {
            dir: agent_directory(i),
            name: file.name.clone(),
            mode: file.mode,
            content,
        })
    }
}

fn agent_directory(i: usize) -> String {
    format!("/run/coffer/files/{i}")
}

/// Files that a container's user may not be able to read: the agent writes them as `agent_user`.
pub fn warnings(
    files: &[File],
    chosen: &[Chosen<'_>],
    pod: crate::view::SecurityContext,
    agent_user: i64,
) -> Vec<String> {
    let closed = |file: &&File| file.mode & 0o004 == 0 && (file.mode & 0o040 == 0 || pod.fs_group.is_none());
    let other_user = |c: &&Chosen<'_>| {
        let own = c.container.security_context.unwrap_or_default().run_as_user;
        own.or(pod.run_as_user)
            .is_none_or(|user| user != agent_user && user != 0)
    };
    let Some(stranger) = chosen.iter().find(other_user) else {
        return Vec::new();
    };
    let warning = |file: &File| {
        format!(
            "{}: mode {:04o} lets only user {agent_user} read it, and container {} does not say runAsUser: {agent_user}",
            file.annotation(),
            file.mode,
            stranger.name()
        )
    };
    files.iter().filter(closed).map(warning).collect()
}
