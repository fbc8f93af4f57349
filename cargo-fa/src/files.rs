//! Writing files whole or not at all.

use std::io::{self, Write as _};
use std::path::Path;

use anyhow::{Context as _, Result};
use tempfile::Builder;

/// Replaces `path` with `contents` in one step: a reader sees the old file or the new one. Permissions are kept.
pub(crate) fn replace(path: &Path, contents: &[u8]) -> Result<()> {
    let write = || -> io::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut builder = Builder::new();
        let permissions = std::fs::metadata(path).map(|metadata| metadata.permissions()).ok();
        #[cfg(unix)]
        let permissions = permissions.or_else(|| {
            use std::os::unix::fs::PermissionsExt as _;
            Some(std::fs::Permissions::from_mode(0o666))
        });
        if let Some(permissions) = permissions {
            builder.permissions(permissions);
        }
        let mut file = builder.prefix(".cargo-fa-").tempfile_in(folder)?;
        file.write_all(contents)?;
        file.persist(path)?;
        Ok(())
    };
    write().with_context(|| format!("`{}` cannot be written", path.display()))
}
