//! `scrip device`: keys of terminals and phones, and what they sign.

use crate::{address::Address, answer};
use anyhow::{Context, ensure};
use clap::{Args, Subcommand, ValueEnum};
use scrip_identity::{Algorithm, SigningKey, sign_device};
use scrip_store::is_id;
use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// What is done with a key.
#[derive(Args, Debug)]
pub(crate) struct Device {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// Make a key: the private JWK goes into a new file, the public JWK to the standard output
    New(New),
    /// Sign a token for one request of a merchant's device, valid for a minute
    Token(Token),
    /// Sign a text with a user's device, such as the challenge of a verification request
    Sign(Sign),
}

#[derive(Args, Debug)]
struct New {
    /// What it signs with
    #[arg(long, value_enum, default_value_t)]
    kind: Kind,
    /// The file, which must not exist; only you can read it
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args, Debug)]
struct Token {
    /// The file with the private JWK
    #[arg(long)]
    key: PathBuf,
    /// The device that the key is registered for, dev_…
    #[arg(long, value_parser = device_id)]
    device: String,
    #[command(flatten)]
    body: Body,
    #[command(flatten)]
    address: Address,
}

/// Without any, the request has no body.
#[derive(Args, Debug)]
#[group(multiple = false)]
struct Body {
    /// The request's body, as it is sent to the last byte
    #[arg(long)]
    body: Option<String>,
    /// The file with the body, or - for the standard input; send it with curl's --data-binary
    #[arg(long)]
    body_file: Option<PathBuf>,
}

#[derive(Args, Debug)]
struct Sign {
    /// The file with the private JWK
    #[arg(long)]
    key: PathBuf,
    /// The text
    #[arg(long)]
    message: String,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Kind {
    /// Ed25519
    #[default]
    Eddsa,
    /// ECDSA over P-256 with SHA-256
    Es256,
}

impl Device {
    pub(crate) async fn run(self) -> anyhow::Result<()> {
        match self.action {
            Action::New(New { kind, out }) => answer(&new(kind, &out)?),
            Action::Token(token) => answer(&token.sign().await?),
            Action::Sign(Sign { key, message }) => answer(&read(&key)?.sign(message.as_bytes())),
        }
    }
}

impl Token {
    async fn sign(&self) -> anyhow::Result<String> {
        let key = read(&self.key)?;
        let body = self.body.bytes()?;
        Ok(sign_device(&key, &self.device, &body, self.address.now().await))
    }
}

impl Body {
    fn bytes(&self) -> anyhow::Result<Vec<u8>> {
        let Some(path) = &self.body_file else {
            return Ok(self.body.clone().unwrap_or_default().into_bytes());
        };
        if path != Path::new("-") {
            return fs::read(path).with_context(|| format!("{} can't be read", path.display()));
        }
        let mut body = Vec::new();
        std::io::stdin().lock().read_to_end(&mut body).context("the standard input can't be read")?;
        Ok(body)
    }
}

/// Makes a key, keeps it in a new file, and returns its public JWK. The file appears whole or not at all.
fn new(kind: Kind, out: &Path) -> anyhow::Result<String> {
    let key = SigningKey::generate(match kind {
        Kind::Eddsa => Algorithm::EdDsa,
        Kind::Es256 => Algorithm::Es256,
    });
    let folder = out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let cant = || format!("{} can't be written", out.display());
    // Temporary files are made with mode 0600.
    let mut file = tempfile::Builder::new().prefix(".scrip-key-").tempfile_in(folder).with_context(cant)?;
    file.write_all(key.to_private_jwk().as_bytes())
        .and_then(|()| file.write_all(b"\n"))
        .with_context(cant)?;
    file.as_file().sync_all().with_context(cant)?;
    if let Err(error) = file.persist_noclobber(out) {
        ensure!(
            error.error.kind() != ErrorKind::AlreadyExists,
            "{} exists; a key is not overwritten",
            out.display()
        );
        return Err(error.error).with_context(cant);
    }
    Ok(key.public_jwk().canonical_json())
}

fn read(path: &Path) -> anyhow::Result<SigningKey> {
    let text = fs::read_to_string(path).with_context(|| format!("{} can't be read", path.display()))?;
    SigningKey::from_private_jwk(text.trim())
        .with_context(|| format!("{} holds no private JWK", path.display()))
}

fn device_id(text: &str) -> Result<String, &'static str> {
    if is_id("dev_", text) { Ok(text.to_owned()) } else { Err("not the id of a device, dev_…") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use scrip_clock::Clock;
    use scrip_identity::{Jwk, verify_device, verify_signature};
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_kept_for_its_owner_alone_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        for kind in [Kind::Eddsa, Kind::Es256] {
            let path = folder.path().join(format!("{kind:?}.jwk"));
            let public: Jwk = serde_json::from_str(&new(kind, &path).unwrap()).unwrap();
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

            let key = read(&path).unwrap();
            assert_eq!(key.public_jwk(), &public);
            assert!(verify_signature(&public, b"challenge", &key.sign(b"challenge")));

            let text = fs::read(&path).unwrap();
            assert!(new(kind, &path).unwrap_err().to_string().contains("is not overwritten"));
            assert_eq!(fs::read(&path).unwrap(), text);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }

    #[test]
    fn a_token_is_for_exactly_its_body() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("body.json");
        fs::write(&path, "{ \"a\": 1 }\n").unwrap();
        let key = SigningKey::generate(Algorithm::EdDsa);
        let now = Clock::system().now();
        let id = scrip_store::derive_id("dev_", &["a"]);
        let hash = |body: Body| {
            let token = sign_device(&key, &id, &body.bytes().unwrap(), now);
            verify_device(&token, key.public_jwk(), now).unwrap().body_sha256
        };
        let of = |bytes: &[u8]| scrip_identity::body_sha256(bytes);
        assert_eq!(hash(Body { body: None, body_file: None }), of(b""));
        assert_eq!(hash(Body { body: Some("{}".into()), body_file: None }), of(b"{}"));
        assert_eq!(hash(Body { body: None, body_file: Some(path) }), of(b"{ \"a\": 1 }\n"));
    }

    #[test]
    fn what_is_no_device_or_key_is_told() {
        assert!(device_id("dev_1").is_err());
        assert!(device_id(&scrip_store::derive_id("dev_", &["a"])).is_ok());
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(read(file.path()).unwrap_err().to_string().contains("holds no private JWK"));
    }
}
