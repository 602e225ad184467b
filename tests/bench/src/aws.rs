//! An AWS for functions that run in processes of their own: on a loopback port, plain or with TLS.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use domain::id::ConversationId;
use local::{Stack, StackOptions, serve};
use tokio::sync::watch;

use crate::Result;
use crate::lambda::Edge;
use crate::scene::Scene;

/// The local AWS in this process, with people in it, on two ports.
pub(crate) struct Aws {
    stack: Stack,
    /// People.
    pub(crate) scene: Scene,
    /// Of 1,000 messages.
    pub(crate) conversation: ConversationId,
    plain: String,
    tls: String,
    bundle: PathBuf,
    keys: AtomicU64,
    _directory: tempfile::TempDir,
    _stop: watch::Sender<bool>,
}

/// How a function reaches it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Over HTTP: nothing but the function's own work is measured.
    Plain,
    /// Over TLS, as in AWS.
    Tls,
}

const ORIGIN: &str = "http://localhost:8080";
const SYSTEM_ROOTS: [&str; 3] =
    ["/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"];

impl Aws {
    /// Starts it, on disk.
    ///
    /// # Errors
    /// Where nothing can be written or listened on.
    pub(crate) async fn start() -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let data = directory.path().join("data");
        let stack = Stack::start(StackOptions::run(data, ORIGIN.to_owned(), PathBuf::new())).await?;
        let scene = Scene::set(&stack, 1).await?;
        let conversation = scene.conversation(&scene.patients[0], 1_000).await?;
        let (stop, stopped) = watch::channel(false);
        let address = "127.0.0.1".parse()?;

        let plain = serve::bind(address, 0, "a free port").await?;
        let plain_port = plain[0].local_addr()?.port();
        for listener in plain {
            tokio::spawn(serve::plain(listener, stack.aws().wire_router(), stopped.clone()));
        }
        let acceptor = serve::acceptor(directory.path(), vec!["localhost".to_owned()])?;
        let tls = serve::bind(address, 0, "a free port").await?;
        let tls_port = tls[0].local_addr()?.port();
        for listener in tls {
            tokio::spawn(serve::tls(listener, acceptor.clone(), stack.aws().wire_router(), stopped.clone()));
        }
        let bundle = bundle(directory.path())?;
        Ok(Self {
            stack,
            scene,
            conversation,
            plain: format!("http://localhost:{plain_port}"),
            tls: format!("https://localhost:{tls_port}"),
            bundle,
            keys: AtomicU64::new(0),
            _directory: directory,
            _stop: stop,
        })
    }

    /// The environment of a function of the template.
    pub(crate) fn environment(&self, function: &str, way: Way) -> BTreeMap<String, String> {
        let mut variables = self.stack.aws().environment(function);
        let (key, secret) = self.stack.aws().credentials(function);
        let endpoint = if way == Way::Tls { &self.tls } else { &self.plain };
        let bundle = self.bundle.display().to_string();
        for (name, value) in [
            ("AWS_ACCESS_KEY_ID", key.as_str()),
            ("AWS_SECRET_ACCESS_KEY", &secret),
            ("AWS_ENDPOINT_URL", endpoint),
            // The one for the functions, the other for whoever reads the system's authorities.
            ("AWS_CA_BUNDLE", &self.own_certificate()),
            ("SSL_CERT_FILE", &bundle),
        ] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        variables
    }

    /// An idempotency key that was not used before.
    pub(crate) fn fresh_key(&self) -> String {
        format!("key-{}", self.keys.fetch_add(1, Ordering::Relaxed))
    }

    fn own_certificate(&self) -> String {
        self.bundle.with_file_name("amazon-and-own.pem").display().to_string()
    }

    /// What a function believes of the edge.
    pub(crate) fn edge(&self) -> Edge {
        let variables = self.stack.aws().environment("MessagesFunction");
        let of = |name: &str| variables.get(name).cloned().unwrap_or_default();
        Edge {
            origin: of("PUBLIC_ORIGIN"),
            secret: of("ORIGIN_SECRETS").split(',').next().unwrap_or_default().to_owned(),
        }
    }
}

/// The system's authorities and our own, as Lambda's image has them in one file; and the functions' few with our own.
fn bundle(directory: &Path) -> Result<PathBuf> {
    let own = std::fs::read_to_string(directory.join("tls-certificate.pem"))?;
    let system = SYSTEM_ROOTS.iter().find_map(|path| std::fs::read_to_string(path).ok());
    let system = system.ok_or("this system has no file of certificate authorities")?;
    let file = directory.join("bundle.pem");
    std::fs::write(&file, format!("{system}\n{own}"))?;
    let amazon = include_str!("../../../shared/platform/src/amazon-roots.pem");
    std::fs::write(directory.join("amazon-and-own.pem"), format!("{amazon}\n{own}"))?;
    Ok(file)
}
