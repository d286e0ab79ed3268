//! The certificates that agents trust when they first meet the server: a file, read again when it changes,
//! away from reviews. A file that holds no certificate leaves what was read before in place.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

use arc_swap::ArcSwap;
use rustls_pki_types::{CertificateDer, pem::PemObject};

use crate::health::{Health, Part};

/// The bundle as reviews read it, PEM.
pub type Bundle = Arc<ArcSwap<String>>;

/// Why a file is no bundle.
#[derive(Debug, thiserror::Error)]
pub enum BadBundle {
    /// It cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// It holds no certificate.
    #[error("{0} holds no PEM certificate")]
    Empty(PathBuf),
    /// It holds something broken.
    #[error("{path} is not PEM: {source}")]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls_pki_types::pem::Error,
    },
}

/// Reads a bundle and checks that it is one.
pub fn read(path: &Path) -> Result<String, BadBundle> {
    let path_buf = || path.to_owned();
    let text = std::fs::read_to_string(path).map_err(|source| BadBundle::Read {
        path: path_buf(),
        source,
    })?;
    let certificates = CertificateDer::pem_slice_iter(text.as_bytes())
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| BadBundle::Pem {
            path: path_buf(),
            source,
        })?;
    if certificates.is_empty() {
        Err(BadBundle::Empty(path_buf()))
    } else {
        Ok(text)
    }
}

/// Keeps `bundle` like the file, looking at it each `period` for as long as the program runs.
pub async fn follow(path: PathBuf, bundle: Bundle, health: Arc<Health>, period: Duration) {
    let mut ticks = tokio::time::interval(period);
    let mut seen = None;
    loop {
        ticks.tick().await;
        let now = modified(&path);
        if now.is_none() || now != seen {
            seen = refresh(&path, &bundle, &health).then_some(now).flatten();
        }
    }
}

fn refresh(path: &Path, bundle: &Bundle, health: &Health) -> bool {
    match read(path) {
        Ok(text) => {
            bundle.store(Arc::new(text));
            health.set_ready(Part::Trust);
            true
        }
        Err(error) => {
            health.set_trouble(Part::Trust, error.to_string());
            false
        }
    }
}

fn modified(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}
