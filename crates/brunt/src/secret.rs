//! Secrets that brunt makes itself.

use std::fmt::Write as _;

/// 128 random bits, as 32 hexadecimal digits. Fails where the system has no randomness to give.
pub(crate) fn secret() -> Result<String, getrandom::Error> {
    let mut bytes = [0_u8; 16];
    getrandom::fill(&mut bytes)?;
    let mut text = String::new();
    for byte in bytes {
        let _ = write!(text, "{byte:02x}");
    }
    Ok(text)
}
