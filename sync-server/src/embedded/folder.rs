//! The folder around a cluster: the password for connections over the loopback, readable by the
//! server's own account alone.

use std::{
    fs,
    io::Write,
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
};

use super::EmbeddedError;
use crate::clock::random_bytes;

/// Reads the cluster's password, or makes it.
pub(super) fn password(folder: &Path) -> Result<String, EmbeddedError> {
    let path = folder.join("password");
    let failed = |source| EmbeddedError::Folder {
        path: path.clone(),
        source,
    };
    match fs::read_to_string(&path) {
        Ok(password) if !password.is_empty() => return Ok(password),
        Ok(_) => {}
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(failed(error)),
    }
    let password: String = random_bytes::<24>()?
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    write_private(&path, &password).map_err(failed)?;
    Ok(password)
}

/// Writes a file that only its owner reads, whole or not at all.
pub(crate) fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    let mut name = path.as_os_str().to_owned();
    name.push(".new");
    let new = Path::new(&name);
    let mut file = fs::OpenOptions::new()
        .create(true)
        .truncate(true)
        .write(true)
        .mode(0o600)
        .open(new)?;
    file.set_permissions(fs::Permissions::from_mode(0o600))?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(new, path)
}
